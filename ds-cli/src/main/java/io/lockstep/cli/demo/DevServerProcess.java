package io.lockstep.cli.demo;

import io.lockstep.cli.program.ChildCommandLine;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.ObjectMapper;

/// A development server as a child process, with the same Java and class path and its data in a
/// temporary folder. It ends with this process, also on Ctrl-C.
final class DevServerProcess implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final Duration STOP_MAX = Duration.ofSeconds(10);
    private static final int POLL_MILLIS = 25;
    private static final int LOG_LINES_SHOWN = 40;

    /// Set when this process is told to end: later failures are its consequence.
    private static volatile boolean interrupted;

    private final Process process;
    private final Path folder;
    private final Thread hook;
    private final URI webSocket;
    private final URI http;

    private DevServerProcess(Process process, Path folder, Thread hook, URI webSocket, URI http) {
        this.process = process;
        this.folder = folder;
        this.hook = hook;
        this.webSocket = webSocket;
        this.http = http;
    }

    static DevServerProcess start() {
        try {
            var folder = Files.createTempDirectory("lockstep-demo-");
            var process =
                    new ProcessBuilder(ChildCommandLine.devServer(folder, List.of(), List.of()))
                            .redirectErrorStream(true)
                            .redirectOutput(logOf(folder).toFile())
                            .start();
            var hook =
                    new Thread(
                            () -> {
                                interrupted = true;
                                stop(process, folder);
                            },
                            "stop the demo's server");
            Runtime.getRuntime().addShutdownHook(hook);
            var announced = awaitAnnouncement(process, folder);
            return new DevServerProcess(
                    process,
                    folder,
                    hook,
                    URI.create(announced.get(0)),
                    URI.create(announced.get(1)));
        } catch (IOException e) {
            throw new ScenarioException("the server cannot be started: " + e.getMessage(), e);
        }
    }

    private static Path logOf(Path folder) {
        return folder.resolve("server.log");
    }

    /// Waits for the server's announcement. The server writes the file atomically. Waits no longer
    /// than the process lives.
    private static List<String> awaitAnnouncement(Process process, Path folder) throws IOException {
        var announcement = folder.resolve("server.json");
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (!Files.exists(announcement)) {
            try {
                if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new ScenarioException(
                            "the server ended with " + process.exitValue() + ":\n" + tail(folder));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ScenarioException("interrupted", e);
            }
            if (System.nanoTime() > deadline) {
                throw new ScenarioException(
                        "the server is not ready after "
                                + START_MAX.toSeconds()
                                + " s:\n"
                                + tail(folder));
            }
        }
        var json = new ObjectMapper().readTree(Files.readAllBytes(announcement));
        return List.of(json.path("ws").asString(), json.path("http").asString());
    }

    private static String tail(Path folder) throws IOException {
        var lines = Files.readAllLines(logOf(folder));
        return String.join(
                "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    }

    URI webSocket() {
        return webSocket;
    }

    URI http() {
        return http;
    }

    static boolean interrupted() {
        return interrupted;
    }

    long pid() {
        return process.pid();
    }

    /// Returns the last lines of the server's output.
    String log() {
        try {
            return tail(folder);
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        stop(process, folder);
    }

    private static void stop(Process process, Path folder) {
        process.destroy();
        try {
            if (!process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // Ignore it: a leftover temporary folder does no harm.
        }
    }
}
