package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        // Buffered, like the real writers.
        return Main.run(
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)),
                arguments);
    }

    @Test
    void everyCommandPrintsTheVersion() {
        assertThat(run("dev", "--version")).isZero();
        assertThat(run("config", "show", "-V")).isZero();
        assertThat(out.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("lockstep \\S+"));
    }

    @Test
    void serveWithoutSettingsListsAllThatIsMissingAndDoesNotStart() {
        assertThat(run("serve")).isEqualTo(Main.FAILED);
        assertThat(err.toString())
                .contains("cannot start, for these reasons")
                .contains("auth.mode", "TLS", "deployment-key-file", "redis.uri");
    }

    @Test
    void configCheckListsTheSameWithoutStartingAnything() {
        assertThat(run("config", "check")).isEqualTo(Main.INVALID);
        assertThat(err.toString()).contains("auth.mode", "TLS", "deployment-key-file", "redis.uri");
    }

    @Test
    void configCheckPrintsTheLocationOfAMistake() throws IOException {
        var file = Files.writeString(folder.resolve("l.yaml"), "listen:\n  port: x\n  prot: 1\n");
        assertThat(run("config", "check", "--config", file.toString(), "--set", "nonsense"))
                .isEqualTo(Main.INVALID);
        assertThat(err.toString().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("nonsense: is not KEY=VALUE"))
                .anyMatch(line -> line.contains("listen.port") && line.contains(":2"))
                .anyMatch(line -> line.contains("listen.prot") && line.contains(":3"))
                .anyMatch(line -> line.contains("did you mean listen.port?"));
    }

    @Test
    void anUnknownSettingIsReportedWithASuggestion() {
        assertThat(
                        run(
                                "config",
                                "check",
                                "--set",
                                "redis.url=redis://h",
                                "--set",
                                "tls.keys=x",
                                "--set",
                                "listen.retention=1d",
                                "--set",
                                "wholly.other=1"))
                .isEqualTo(Main.INVALID);
        assertThat(err.toString().lines())
                .anyMatch(line -> line.contains("redis.url") && line.contains("mean redis.uri?"))
                .anyMatch(line -> line.contains("tls.keys") && line.contains("mean tls.key?"))
                .anyMatch(line ->
                        line.contains("listen.retention") && line.contains("groups.retention?"))
                .anyMatch(line -> line.contains("wholly.other") && !line.contains("did you mean"));
    }

    @Test
    void configShowNamesTheSourceOfEachValueAndMasksSecrets() {
        assertThat(run("config", "show", "--port", "1234", "--redis", "redis://:s3cret@h"))
                .isZero();
        assertThat(out.toString())
                .containsPattern("listen.port: +1234 +# flag --port")
                .containsPattern("redis.uri: +\\S*\\*{8}\\S* +# flag --redis")
                .containsPattern("listen.address: +0.0.0.0 +# default")
                .doesNotContain("s3cret");
    }

    @Test
    void configDefaultsExplainsEverySetting() {
        assertThat(run("config", "defaults")).isZero();
        assertThat(out.toString()).contains("listen:", "  port: 7420", "  # Port for WebSocket");
    }

    @Test
    void devIsForLoopbackAndDevelopmentTokensOnly() {
        var data = folder.resolve("data").toString();
        assertThat(run("dev", "--data", data, "--set", "listen.address=0.0.0.0"))
                .isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("listen.address 0.0.0.0 is not loopback");
        assertThat(run("dev", "--data", data, "--set", "auth.mode=jwt")).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("auth.mode dev only");
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void limitsThatContradictEachOtherAreReportedInOneSentence() {
        var data = folder.resolve("data").toString();
        assertThat(run("dev", "--data", data, "--set", "limits.frame-bytes-max=64KiB"))
                .isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("do not hold a commit").doesNotContain("\tat ");
    }

    /// Regression: a list of commands shows only the first line of a description. It ended in the
    /// middle of a sentence.
    @Test
    void theFirstLineOfEachDescriptionIsOneSentence() {
        assertOneSentence(Main.commandLine());
    }

    private static void assertOneSentence(CommandLine command) {
        var spec = command.getCommandSpec();
        if (spec.usageMessage().hidden()) {
            return;
        }
        assertThat(spec.usageMessage().description()[0])
                .as(spec.qualifiedName())
                .matches("[A-Z][^.]*\\.");
        command.getSubcommands().values().forEach(MainTest::assertOneSentence);
    }
}
