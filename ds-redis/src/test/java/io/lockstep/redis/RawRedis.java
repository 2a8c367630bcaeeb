package io.lockstep.redis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A Redis as an operator would run it: on a folder, with an append-only file, and without
/// supervision.
public final class RawRedis implements AutoCloseable {
    private static final int STARTING_SECONDS_MAX = 30;

    private final Process process;
    private final int port;

    private RawRedis(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// @param more further arguments
    public static RawRedis start(RedisBinary binary, Path folder, String... more)
            throws IOException, InterruptedException {
        int port = freePort();
        var command = new ArrayList<>(List.of(binary.path().toString()));
        command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
        command.addAll(List.of("--dir", folder.toString(), "--save", ""));
        command.addAll(List.of("--appendonly", "yes", "--appendfsync", "always"));
        command.addAll(List.of(more));
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        folder.resolve("raw.log").toFile()))
                        .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STARTING_SECONDS_MAX);
        while (!process.waitFor(10, TimeUnit.MILLISECONDS)) {
            try {
                if (RedisProbe.ask(port, "", "PING").equals(List.of("PONG"))) {
                    return new RawRedis(process, port);
                }
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    process.destroyForcibly();
                    throw e;
                }
            }
        }
        throw new IOException("Redis ended, see " + folder.resolve("raw.log"));
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public List<String> ask(String... words) throws IOException {
        return RedisProbe.ask(port, "", words);
    }

    /// Kills the process, like a crash.
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
