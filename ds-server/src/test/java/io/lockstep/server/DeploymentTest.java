package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.connection.ClientAddressSource;
import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.SettingsInput;
import io.lockstep.server.config.SettingsReader;
import io.lockstep.server.config.SettingsResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/// Compares the manifests in deploy/k8s with what the server accepts and needs.
class DeploymentTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("lockstep.root", ".."), "deploy", "k8s");

    private static final Path ROOT = Path.of(System.getProperty("lockstep.root", ".."));

    private static ServerSettings settings() {
        var input =
                new SettingsInput(
                        Map.of(),
                        Optional.of(FOLDER.resolve("settings.yaml")),
                        Map.of("LOCKSTEP_REDIS_URI", "redis://:x@redis:6379"),
                        List.of());
        return switch (SettingsReader.read(ServerSettings.class, input)) {
            case SettingsResult.Valid<ServerSettings>(var settings, _) -> settings;
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    throw new AssertionError("" + problems);
        };
    }

    private static Map<?, ?> manifest(String file, String kind) throws IOException {
        try (var reader = Files.newBufferedReader(FOLDER.resolve(file))) {
            return StreamSupport.stream(new Yaml().loadAll(reader).spliterator(), false)
                    .map(Map.class::cast)
                    .filter(document -> kind.equals(document.get("kind")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /// The value at a path of keys and list indices.
    private static Object at(Object from, Object... path) {
        Object found = from;
        for (var step : path) {
            found =
                    switch (found) {
                        case Map<?, ?> map when map.containsKey(step) -> map.get(step);
                        case List<?> list when step instanceof Integer index -> list.get(index);
                        default -> throw new AssertionError("no " + step + " in " + found);
                    };
        }
        return found;
    }

    @Test
    void serveAcceptsTheSettingsAndLacksOnlyTheMountedSecret() {
        assertThat(StartupChecks.check(settings(), Clock.systemUTC()).reasons())
                .singleElement()
                .asString()
                .contains("/run/secrets/lockstep/deployment.key cannot be read");
    }

    /// Behind an untrusted proxy all clients have one address, so no limit by address works.
    @Test
    void limitsByAddressHoldBehindTheIngress() {
        var listen = settings().listen();
        assertThat(listen.behindProxy()).isTrue();
        assertThat(listen.clientAddress()).isEqualTo(ClientAddressSource.X_FORWARDED_FOR);
        assertThat(listen.trustedProxies()).isNotEmpty();
    }

    @Test
    void thePodsPortsAreTheServers() throws IOException {
        var container =
                at(
                        manifest("lockstep.yaml", "Deployment"),
                        "spec",
                        "template",
                        "spec",
                        "containers",
                        0);
        assertThat(at(container, "ports", 0, "containerPort"))
                .isEqualTo(settings().listen().port());
        assertThat(at(container, "ports", 1, "containerPort"))
                .isEqualTo(settings().operations().port());
        assertThat(at(container, "readinessProbe", "httpGet", "path")).isEqualTo("/readyz");
        assertThat(at(container, "livenessProbe", "httpGet", "path")).isEqualTo("/livez");
    }

    @Test
    void thePodsGracePeriodCoversTheLongestStop() throws IOException {
        var pod = at(manifest("lockstep.yaml", "Deployment"), "spec", "template", "spec");
        var grace = Duration.ofSeconds((Integer) at(pod, "terminationGracePeriodSeconds"));
        var preStop =
                Duration.ofSeconds(
                        (Integer)
                                at(
                                        pod,
                                        "containers",
                                        0,
                                        "lifecycle",
                                        "preStop",
                                        "sleep",
                                        "seconds"));
        assertThat(grace)
                .isGreaterThan(
                        preStop.plus(Wiring.stopMax(ModuleLimits.of(settings())))
                                .plus(ServerRunner.STOP_MARGIN));
    }

    /// The server unpacks its native libraries into a folder, so a pod with a read-only root needs
    /// a writable one.
    @Test
    void thePodHasAWritableFolderForNativeLibraries() throws IOException {
        var pod = at(manifest("lockstep.yaml", "Deployment"), "spec", "template", "spec");
        assertThat(at(pod, "containers", 0, "securityContext", "readOnlyRootFilesystem"))
                .isEqualTo(true);
        assertThat(at(pod, "containers", 0, "volumeMounts").toString()).contains("mountPath=/tmp");
        assertThat(at(pod, "volumes").toString()).contains("name=tmp, emptyDir=");
    }

    @Test
    void theImageStartsJavaAsTheLauncherDoes() throws IOException {
        var script = Files.readString(ROOT.resolve("lockstep"));
        var launcher = script.substring(script.indexOf("exec \"$jdk/bin/java\""));
        var image = Files.readString(ROOT.resolve("deploy/Dockerfile"));
        var options =
                Pattern.compile("(?<=[ \"])(-XX:[^ \"]+|-Dio[^ \"]+|--(?:enable|sun)[^ \"]+)");
        assertThat(options.matcher(image).results().map(MatchResult::group).toList())
                .contains("-XX:+ExitOnOutOfMemoryError")
                .containsExactlyInAnyOrderElementsOf(
                        options.matcher(launcher).results().map(MatchResult::group).toList());
    }

    /// A Service named lockstep adds LOCKSTEP_PORT and similar variables to each pod's environment.
    /// The server would refuse them as unknown settings.
    @Test
    void noServiceVariablesReachTheServer() throws IOException {
        assertThat(
                        at(
                                manifest("lockstep.yaml", "Deployment"),
                                "spec",
                                "template",
                                "spec",
                                "enableServiceLinks"))
                .isEqualTo(false);
    }

    @Test
    void redisIsConfiguredAsServeRequires() throws IOException {
        assertThat(Files.readAllLines(FOLDER.resolve("redis.conf")))
                .contains("appendonly yes", "appendfsync always", "maxmemory-policy noeviction");
        assertThat(at(manifest("redis.yaml", "StatefulSet"), "spec", "replicas")).isEqualTo(1);
    }
}
