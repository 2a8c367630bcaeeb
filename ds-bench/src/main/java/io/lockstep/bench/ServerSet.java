package io.lockstep.bench;

import io.lockstep.bench.report.GcLog;
import io.lockstep.cli.program.ChildCommandLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/// The servers of a run: running servers, or development servers that the run starts on one Redis
/// and stops at its end.
final class ServerSet implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(90);
    private static final int POLL_MILLIS = 20;
    private static final int STOP_SECONDS = 15;
    private static final String KEY = "deployment.key";

    private final List<ServerUnderTest> servers = new ArrayList<>();
    private final List<Process> started = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();
    private Optional<Path> first = Optional.empty();
    private final Thread hook = new Thread(this::stop, "stop the servers of the run");

    private ServerSet() {}

    static ServerSet running(List<String> texts) {
        var set = new ServerSet();
        texts.forEach(text -> set.servers.add(ServerUnderTest.parse(text)));
        return set;
    }

    /// Starts servers without TLS.
    static ServerSet start(int count, List<String> jvmOptions, List<String> settings) {
        return start(count, jvmOptions, settings, false);
    }

    /// @param jvmOptions options for the servers only
    /// @param settings settings for `lockstep dev`, besides ports and folder
    /// @param tls whether to use TLS, with a certificate made for the run
    static ServerSet start(int count, List<String> jvmOptions, List<String> settings, boolean tls) {
        var set = new ServerSet();
        Runtime.getRuntime().addShutdownHook(set.hook);
        try {
            var arguments = new ArrayList<>(settings);
            if (tls) {
                var folder = Files.createTempDirectory("lockstep-bench-tls-");
                set.folders.add(folder);
                arguments.addAll(SelfSignedCertificate.write(folder).settings());
            }
            var first = set.start(jvmOptions, arguments);
            set.first = Optional.of(first);
            if (count > 1) {
                var more = new ArrayList<>(arguments);
                more.addAll(List.of("--redis", redisOf(first)));
                for (int i = 1; i < count; i++) {
                    set.start(jvmOptions, more);
                }
            }
            return set;
        } catch (IOException e) {
            set.close();
            throw new BenchException("the servers cannot be started", e);
        } catch (RuntimeException e) {
            set.close();
            throw e;
        }
    }

    private static String redisOf(Path folder) throws IOException {
        return JsonMapper.builder()
                .build()
                .readTree(Files.readString(folder.resolve("server.json")))
                .path("redis")
                .asString();
    }

    private Path start(List<String> jvmOptions, List<String> arguments) throws IOException {
        var folder = Files.createTempDirectory("lockstep-bench-");
        folders.add(folder);
        if (first.isPresent()) {
            Files.copy(first.get().resolve(KEY), folder.resolve(KEY));
        }
        var gcLog = folder.resolve("gc.log");
        var options = new ArrayList<>(jvmOptions);
        options.add(GcLog.JVM_OPTION.formatted(gcLog));
        var command = ChildCommandLine.devServer(folder, options, arguments);
        var log = folder.resolve("server.log");
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        started.add(process);
        awaitAnnouncement(process, folder, log);
        servers.add(ServerUnderTest.announced(folder).withGcLog(gcLog));
        return folder;
    }

    private static void awaitAnnouncement(Process process, Path folder, Path log)
            throws IOException {
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (!Files.exists(folder.resolve("server.json"))) {
            try {
                if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)
                        || System.nanoTime() > deadline) {
                    throw new BenchException("a server does not start:\n" + Files.readString(log));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
        }
    }

    List<ServerUnderTest> servers() {
        return List.copyOf(servers);
    }

    @Override
    public void close() {
        if (!started.isEmpty()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                return; // this process ends, and the hook stops them
            }
            stop();
        }
    }

    /// Stops the first server last, because it has the Redis.
    private void stop() {
        for (var process : started.reversed()) {
            process.destroy();
            try {
                if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        folders.forEach(ServerSet::delete);
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // Ignore it: a leftover temporary folder does no harm.
        }
    }
}
