package io.lockstep.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.TransportChoice;
import io.lockstep.server.config.SettingsInput.Flag;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsReaderTest {
    @TempDir private Path folder;

    private static ServerSettings valid(SettingsInput input) {
        return switch (SettingsReader.read(ServerSettings.class, input)) {
            case SettingsResult.Valid<ServerSettings>(var settings, _) -> settings;
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    throw new AssertionError("invalid: " + problems);
        };
    }

    private static List<String> problems(SettingsInput input) {
        return switch (SettingsReader.read(ServerSettings.class, input)) {
            case SettingsResult.Valid<ServerSettings> valid -> throw new AssertionError("" + valid);
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    problems.stream().map(SettingsProblem::toString).toList();
        };
    }

    private SettingsInput file(String yaml) {
        return input(yaml, Map.of(), List.of());
    }

    private SettingsInput input(String yaml, Map<String, String> environment, List<Flag> flags) {
        try {
            var path = folder.resolve("lockstep.yaml");
            Files.writeString(path, yaml);
            return new SettingsInput(Map.of(), Optional.of(path), environment, flags);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void withoutSourcesEverySettingHasItsDefault() {
        var settings = valid(SettingsInput.NONE);

        assertThat(settings.listen().port()).isEqualTo(7420);
        assertThat(settings.operations().port()).isEqualTo(7421);
        assertThat(settings.listen().transport()).isEqualTo(TransportChoice.AUTO);
        assertThat(settings.limits().messageBytesMax().toInt()).isEqualTo(65_536);
        assertThat(settings.groups().retention()).isEqualTo(Duration.ofDays(30));
        assertThat(settings.redis().uri()).isEmpty();
        assertThat(settings.durability().weakerAccepted()).isEmpty();
    }

    @Test
    void everyTypeOfValueIsReadFromAFile() {
        var settings =
                valid(
                        file(
                                """
                                listen:
                                  port: 9000
                                  behind-proxy: true
                                  transport: io-uring
                                  origins-allowed: [https://a.example, https://b.example]
                                limits:
                                  message-bytes-max: 32KiB
                                  hello-timeout: 250ms
                                redis.uri: redis://cache:6379
                                """));

        assertThat(settings.listen().port()).isEqualTo(9000);
        assertThat(settings.listen().behindProxy()).isTrue();
        assertThat(settings.listen().transport()).isEqualTo(TransportChoice.IO_URING);
        assertThat(settings.listen().originsAllowed())
                .containsExactly("https://a.example", "https://b.example");
        assertThat(settings.limits().messageBytesMax()).isEqualTo(new ByteSize(32 * 1024));
        assertThat(settings.limits().helloTimeout()).isEqualTo(Duration.ofMillis(250));
        assertThat(settings.redis().uri()).contains(URI.create("redis://cache:6379"));
    }

    @Test
    void theCommandLineIsStrongerThanTheEnvironmentAndThatThanTheFile() {
        var yaml = "listen: {port: 1, event-loops: 1}\noperations: {port: 1}\n";
        var environment = Map.of("LOCKSTEP_LISTEN_EVENT_LOOPS", "2", "LOCKSTEP_LISTEN_PORT", "2");
        var flags =
                List.of(
                        new Flag("--set", "listen.port", "3"),
                        new Flag("--port", "listen.port", "4"));
        var settings = valid(input(yaml, environment, flags));

        assertThat(settings.operations().port()).isEqualTo(1);
        assertThat(settings.listen().eventLoops()).isEqualTo(2);
        assertThat(settings.listen().port()).isEqualTo(4);
    }

    @Test
    void defaultsOfACommandAreWeakerThanAllOtherSources() {
        var defaults = Map.of("listen.address", "127.0.0.1", "listen.port", "1");
        var settings =
                valid(
                        new SettingsInput(
                                defaults,
                                Optional.empty(),
                                Map.of("LOCKSTEP_LISTEN_PORT", "2"),
                                List.of()));

        assertThat(settings.listen().address()).isEqualTo("127.0.0.1");
        assertThat(settings.listen().port()).isEqualTo(2);
    }

    @Test
    void allMistakesAreReportedAtOnceWithTheirLocations() {
        var yaml =
                """
                listen:
                  port: many
                  prot: 7420
                limits:
                  hello-timeout: soon
                """;
        var environment =
                Map.of("LOCKSTEP_LISTEN_BEHIND_PROXY", "yes", "LOCKSTEP_LISTEN_PROT", "1");
        var flags = List.of(new Flag("--set", "listen.transport", "pigeon"));

        var file = folder.resolve("lockstep.yaml");
        assertThat(problems(input(yaml, environment, flags)))
                .containsExactlyInAnyOrder(
                        "listen.prot: there is no such setting; did you mean listen.port? ("
                                + file
                                + ":3)",
                        "LOCKSTEP_LISTEN_PROT: there is no such setting; did you mean"
                                + " LOCKSTEP_LISTEN_PORT? (the environment)",
                        "listen.port: \"many\" is not a whole number (" + file + ":2)",
                        "listen.behind-proxy: \"yes\" is neither true nor false (environment"
                                + " variable LOCKSTEP_LISTEN_BEHIND_PROXY)",
                        "listen.transport: \"pigeon\" is none of auto, epoll, nio, io-uring (flag"
                                + " --set)",
                        "limits.hello-timeout: \"soon\" is not a duration such as 250ms, 2s, 5m or"
                                + " 30d ("
                                + file
                                + ":5)");
    }

    @Test
    void numbersHaveRangesAndDependentSettingsAreCheckedTogether() {
        assertThat(problems(file("listen: {port: 65536}\ntls: {key: server.key}\n")))
                .hasSize(2)
                .anyMatch(p -> p.startsWith("listen.port: \"65536\" is not from 0 to 65535"))
                .anyMatch(p -> p.startsWith("tls: certificate and key belong together"));
    }

    @Test
    void aFileThatIsNotYamlOrIsMissingIsAProblemWithItsLine() {
        assertThat(problems(file("listen:\n  port: [1\n")))
                .singleElement()
                .asString()
                .contains("is not YAML")
                .contains("lockstep.yaml:");
        assertThat(problems(file("listen:\n  port: 1\nlisten.port: 2\n")))
                .singleElement()
                .asString()
                .contains("listen.port: is set twice")
                .contains(":3");
        var missing =
                new SettingsInput(
                        Map.of(), Optional.of(folder.resolve("none.yaml")), Map.of(), List.of());
        assertThat(problems(missing)).singleElement().asString().contains("cannot be read");
    }

    @Test
    void aYamlTagThatWouldCreateAnObjectIsRefused() {
        assertThat(problems(file("redis:\n  uri: !!javax.script.ScriptEngineManager x\n")))
                .singleElement()
                .asString()
                .contains("is not YAML", ":2");
    }

    @Test
    void variablesOfTheLauncherAreNoSettings() {
        valid(
                new SettingsInput(
                        Map.of(),
                        Optional.empty(),
                        Map.of("LOCKSTEP_JAVA_HOME", "/jdk", "PATH", "/bin"),
                        List.of()));
    }

    @Test
    void secretsAreMaskedInValuesAndInProblems() {
        var secret = Map.of("LOCKSTEP_REDIS_URI", "redis://:hunter2@cache:6379");
        var input = new SettingsInput(Map.of(), Optional.empty(), secret, List.of());
        if (SettingsReader.read(ServerSettings.class, input)
                instanceof SettingsResult.Valid<ServerSettings>(_, var values)) {
            assertThat(SettingsPrinter.values(values))
                    .contains("redis.uri", SettingsReader.MASK, "LOCKSTEP_REDIS_URI")
                    .doesNotContain("hunter2");
        } else {
            throw new AssertionError("not valid");
        }
        var broken = Map.of("LOCKSTEP_REDIS_URI", "redis://:hunter2 @cache");
        assertThat(problems(new SettingsInput(Map.of(), Optional.empty(), broken, List.of())))
                .singleElement()
                .asString()
                .contains("redis.uri", "is not a URI")
                .doesNotContain("hunter2");
    }

    @Test
    void printedDefaultsContainEveryKeyAndReadBackAsTheDefaults() {
        var printed = SettingsPrinter.defaults(ServerSettings.class);

        assertThat(valid(file(printed))).isEqualTo(valid(SettingsInput.NONE));
        for (var key : SettingKeys.of(ServerSettings.class)) {
            var last = key.name().substring(key.name().lastIndexOf('.') + 1);
            assertThat(printed).contains(last + ":");
            assertThat(key.setting().doc()).as(key.name()).endsWith(".").hasSizeGreaterThan(8);
        }
    }

    @Test
    void sizesAreReadAndPrinted() {
        assertThat(ByteSize.parse("64KiB")).isEqualTo(new ByteSize(65_536)).hasToString("64KiB");
        assertThat(ByteSize.parse("2MiB")).hasToString("2MiB");
        assertThat(ByteSize.parse("1000")).hasToString("1000");
        assertThat(problems(file("limits: {frame-bytes-max: 64KB}")))
                .singleElement()
                .asString()
                .contains("\"64KB\" is not a size such as");
    }
}
