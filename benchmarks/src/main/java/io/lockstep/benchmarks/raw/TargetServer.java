package io.lockstep.benchmarks.raw;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import tools.jackson.databind.ObjectMapper;

/// A server under test: starts it in a process of its own, on free ports and with a temporary data
/// folder, reads its metrics, and stops it.
///
/// Threads: *thread-safe*; call `close` once.
public final class TargetServer implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofMinutes(3);
    private static final Duration STOP_MAX = Duration.ofSeconds(20);

    /// How to start the server.
    ///
    /// @param launcher the command `lockstep`: the script of a checkout, or a JVM with its class
    /// path
    /// @param javaOptions JVM options such as the heap size
    /// @param arguments of `lockstep`, the command first; data folder and ports are added to `dev`
    /// @param openFilesMax RLIMIT_NOFILE of the server; 0: the same as this process
    public record Start(
            List<String> launcher, String javaOptions, List<String> arguments, int openFilesMax) {
        public Start {
            launcher = List.copyOf(launcher);
            arguments = List.copyOf(arguments);
        }
    }

    private final Process process;
    private final Path data;
    private final Path log;
    private final int port;
    private final int operationsPort;
    private final String redis;

    private TargetServer(
            Process process, Path data, Path log, int port, int operationsPort, String redis) {
        this.process = process;
        this.data = data;
        this.log = log;
        this.port = port;
        this.operationsPort = operationsPort;
        this.redis = redis;
    }

    /// Starts the server and waits until it has announced itself.
    public static TargetServer start(Start start) throws IOException {
        var data = Files.createTempDirectory("lockstep-target");
        var log = data.resolve("server.log");
        var command = new ArrayList<String>();
        if (start.openFilesMax() > 0) {
            command.addAll(
                    List.of(
                            "bash",
                            "-c",
                            "ulimit -n " + start.openFilesMax() + "; exec \"$@\"",
                            "sh"));
        }
        command.addAll(start.launcher());
        command.addAll(start.arguments());
        boolean dev = start.arguments().getFirst().equals("dev");
        int port = dev ? 0 : freePort();
        int operationsPort = dev ? 0 : freePort();
        command.addAll(List.of("--port", "" + port, "--operations-port", "" + operationsPort));
        if (dev) {
            command.addAll(List.of("--data", data.toString()));
        }
        var builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("LOCKSTEP_JAVA_OPTIONS", start.javaOptions());
        var process = builder.start();
        try {
            return dev
                    ? announced(process, data, log)
                    : answering(process, data, log, port, operationsPort);
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static TargetServer announced(Process process, Path data, Path log) throws IOException {
        var announcement = data.resolve("server.json");
        awaitStart(process, log, () -> Files.exists(announcement));
        var announced = new ObjectMapper().readTree(Files.readString(announcement));
        return new TargetServer(
                process,
                data,
                log,
                URI.create(announced.get("ws").asString()).getPort(),
                URI.create(announced.get("operations").asString()).getPort(),
                announced.path("redis").asString(""));
    }

    private static TargetServer answering(
            Process process, Path data, Path log, int port, int operationsPort) throws IOException {
        awaitStart(process, log, () -> isReady(operationsPort));
        return new TargetServer(process, data, log, port, operationsPort, "");
    }

    private static boolean isReady(int operationsPort) {
        try {
            return PlainHttp.get(operationsPort, "/readyz", 1_000).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private interface AwaitedCondition {
        boolean holds() throws IOException;
    }

    private static void awaitStart(Process process, Path log, AwaitedCondition condition)
            throws IOException {
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (!condition.holds()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("the server did not start:\n" + read(log));
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /// The client port, on 127.0.0.1.
    public int port() {
        return port;
    }

    public int operationsPort() {
        return operationsPort;
    }

    /// The store's URI; empty if it was not announced.
    public String redis() {
        return redis;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public Path data() {
        return data;
    }

    /// The standard output of the server so far.
    public String log() throws IOException {
        return read(log);
    }

    /// Resident bytes, from the kernel; 0 after the process has ended.
    public long residentBytes() {
        try (var lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /// The samples of `/metrics`; the key is the series name with labels.
    ///
    /// @throws IOException if the server does not answer in time
    public Map<String, Double> metrics(int timeoutMillis) throws IOException {
        var answer = PlainHttp.get(operationsPort, "/metrics", timeoutMillis);
        var samples = new HashMap<String, Double>();
        for (var line : (Iterable<String>) answer.body().lines()::iterator) {
            int space = line.lastIndexOf(' ');
            if (!line.startsWith("#") && space > 0) {
                samples.put(
                        line.substring(0, space),
                        Double.parseDouble(line.substring(space + 1).replace("Inf", "Infinity")));
            }
        }
        return samples;
    }

    /// Runs a full collection in the server, with `jcmd`.
    ///
    /// @return whether the server executed the command in time
    public boolean collectGarbage() throws IOException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var run =
                new ProcessBuilder(jcmd, Long.toString(pid()), "GC.run")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return ended(run, Duration.ofSeconds(15)) && run.exitValue() == 0;
    }

    private static boolean ended(Process process, Duration within) {
        try {
            if (process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        return false;
    }

    /// Stops the server with SIGTERM, or with SIGKILL if that fails.
    ///
    /// @return whether SIGTERM was enough
    public boolean stop() throws IOException {
        var children = process.descendants().toList();
        process.destroy();
        boolean byItself = ended(process, STOP_MAX);
        if (!byItself) {
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroy);
        }
        return byItself;
    }

    /// The child processes of the server: its Redis.
    public List<ProcessHandle> children() {
        return process.descendants().toList();
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            stop();
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // Its Redis may still be closing files; the folder is temporary.
            System.err.println("left behind: " + data + " (" + e + ")");
        }
    }
}
