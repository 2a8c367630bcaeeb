package io.lockstep.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// A `dev` server in a process of its own, so that a test can kill it as a machine would.
final class KillableServer implements AutoCloseable {
    /// Whether servers run as an operator runs them, to be measured.
    private static final boolean MEASURE = Boolean.getBoolean("lockstep.measure");

    /// Up soon and of a steady size; not fast.
    private static final List<String> QUICK_START =
            List.of("-XX:TieredStopAtLevel=1", "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch");

    private final Process process;
    private final Path log;
    private final JsonNode announced;

    private KillableServer(Process process, Path log, JsonNode announced) {
        this.process = process;
        this.log = log;
        this.announced = announced;
    }

    /// Starts a server on free ports and waits until it has announced itself.
    ///
    /// @param data its data folder; a second start on the same folder finds what the first one left
    static KillableServer start(Path data, String... arguments) {
        return startAt(0, data, arguments);
    }

    /// Another server with this one's deployment key and Redis.
    ///
    /// @param data its data folder, a new one
    KillableServer startPeer(Path data, String... arguments) {
        var key = Path.of("deployment.key");
        try {
            Files.createDirectories(data);
            Files.copy(log.resolveSibling(key), data.resolve(key));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--redis", redis()));
        return start(data, all.toArray(String[]::new));
    }

    /// The status of a DELETE.
    int delete(String path, String token) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(http().resolve(path))
                            .header("Authorization", "Bearer " + token)
                            .DELETE()
                            .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    /// A server with the memory that these options of Java give it.
    static KillableServer startWithin(List<String> javaOptions, Path data, String... arguments) {
        return startMain("io.lockstep.server.Main", data, javaOptions, dev(0, data, arguments));
    }

    /// @param port where clients of an earlier server look for it; 0 for a free one
    static KillableServer startAt(int port, Path data, String... arguments) {
        return startMain("io.lockstep.server.Main", data, dev(port, data, arguments));
    }

    private static List<String> dev(int port, Path data, String... arguments) {
        var all =
                new ArrayList<>(
                        List.of(
                                "dev",
                                "--port",
                                Integer.toString(port),
                                "--operations-port",
                                "0",
                                "--data",
                                data.toString()));
        all.addAll(List.of(arguments));
        return all;
    }

    /// A server that is gone when it would file mail for such a device.
    static KillableServer startHalting(Path data, String device) {
        return startMain(
                "io.lockstep.server.CrashingServer", data, List.of(data.toString(), device));
    }

    private static KillableServer startMain(String main, Path data, List<String> arguments) {
        var options = new ArrayList<>(MEASURE ? List.of("-Xmx1g") : QUICK_START);
        options.addAll(ChildJvm.archive(main));
        return startMain(main, data, options, arguments);
    }

    private static KillableServer startMain(
            String main, Path data, List<String> javaOptions, List<String> arguments) {
        var options = new ArrayList<>(List.of("-XX:+UseCompactObjectHeaders"));
        options.addAll(javaOptions);
        var announcement = data.resolve("server.json");
        var log = data.resolve("server.log");
        try {
            Files.createDirectories(data);
            Files.deleteIfExists(announcement);
            var process =
                    new ProcessBuilder(ChildJvm.command(main, options, arguments))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start();
            awaitAnnouncement(process, announcement);
            if (!Files.exists(announcement)) {
                throw new IllegalStateException(
                        "the server ended with "
                                + process.exitValue()
                                + ":\n"
                                + Files.readString(log));
            }
            return new KillableServer(
                    process, log, new ObjectMapper().readTree(Files.readString(announcement)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One that takes too long is ended, else it would outlive the test.
    private static void awaitAnnouncement(Process process, Path announcement) {
        try {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> Files.exists(announcement) || !process.isAlive());
        } catch (ConditionTimeoutException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    URI webSocket() {
        return URI.create(announced.get("ws").asString());
    }

    URI http() {
        return URI.create(announced.get("http").asString());
    }

    URI operations() {
        return URI.create(announced.get("operations").asString());
    }

    String redis() {
        return announced.get("redis").asString();
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// Waits until the process has ended by itself.
    int awaitEnd() {
        return process.onExit().join().exitValue();
    }

    /// kill -9, and waits until the process is gone.
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// SIGTERM: the graceful way.
    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
