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
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// A `dev` server in a separate process, which a test can kill like a crashed machine.
final class KillableServer implements AutoCloseable {
    /// Whether servers run with production options, for measurements.
    private static final boolean MEASURE = Boolean.getBoolean("lockstep.measure");

    /// Options for a fast start and a stable heap size, not for throughput.
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
    /// @param data its data folder; a second start on the same folder finds the data of the first
    static KillableServer start(Path data, String... arguments) {
        return startAt(0, data, arguments);
    }

    /// Starts another server with this one's deployment key and Redis.
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

    /// Sends a DELETE and returns the status.
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

    /// Starts a server with the memory that these JVM options set.
    static KillableServer startWithin(List<String> javaOptions, Path data, String... arguments) {
        return startMain("io.lockstep.server.Main", data, javaOptions, dev(0, data, arguments));
    }

    /// @param port the port of an earlier server, to which clients reconnect; 0 for a free one
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

    /// Starts a server that halts when it would file an inbox item for the device.
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

    /// Kills a process that takes too long: otherwise it would outlive the test.
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

    /// Waits until the process has exited by itself.
    int awaitEnd() {
        return process.onExit().join().exitValue();
    }

    /// Begins to stop the server with SIGTERM.
    void terminate() {
        process.destroy();
    }

    /// Completes when the process has ended.
    CompletableFuture<Process> end() {
        return process.onExit();
    }

    /// Kills the process with SIGKILL and waits until it is gone.
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

    /// Stops the server with SIGTERM, and looks for names in what its Redis has written.
    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
        StoredNames.checkNone(log.resolveSibling("redis"));
    }
}
