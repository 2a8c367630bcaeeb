package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.PlainHttp;
import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/// The context of one attack: the server, the deadline, the opened connections, and the recorded
/// counts and notes.
///
/// Threads: *thread-safe*.
final class AttackContext implements AutoCloseable {
    /// The attackers' address; honest clients have other addresses.
    static final String ATTACKER = "127.0.0.2";

    private static final int TIMEOUT_MILLIS = 5_000;

    private final TargetServer server;
    private final long deadline;
    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private final Map<String, Object> notes = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new TreeMap<>();

    AttackContext(TargetServer server, long seconds) {
        this.server = server;
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    }

    TargetServer server() {
        return server;
    }

    long nanosLeft() {
        return Math.max(0, deadline - System.nanoTime());
    }

    boolean isOver() {
        return System.nanoTime() > deadline;
    }

    /// Waits, at most until the deadline.
    void pause(long millis) {
        long until = Math.min(deadline, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
        while (System.nanoTime() < until) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
    }

    void untilOver() {
        pause(TimeUnit.HOURS.toMillis(1));
    }

    /// Opens an attacker's connection, which is closed with the context.
    Socket connect() throws IOException {
        return closedAtEnd(PlainHttp.connect(server.port(), ATTACKER, TIMEOUT_MILLIS));
    }

    <T extends AutoCloseable> T closedAtEnd(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    PlainHttp.RawResponse call(
            String client, String method, String path, String contentType, byte[] body)
            throws IOException {
        return call(client, method, path, contentType, body, 20_000);
    }

    PlainHttp.RawResponse call(
            String client,
            String method,
            String path,
            String contentType,
            byte[] body,
            int timeoutMillis)
            throws IOException {
        return PlainHttp.call(
                Connector.plain(server.port()),
                ATTACKER,
                timeoutMillis,
                method,
                path,
                Map.of("authorization", "Bearer dev:" + client, "content-type", contentType),
                body);
    }

    synchronized void note(String name, Object value) {
        notes.put(name, value);
    }

    synchronized void count(String name) {
        counts.merge(name, 1, Integer::sum);
    }

    synchronized Map<String, Object> notes() {
        var all = new LinkedHashMap<>(notes);
        all.putAll(counts);
        return all;
    }

    /// A task of one attacker.
    interface AttackTask {
        void run(int number) throws IOException;
    }

    /// Runs `parts` tasks at once, each on a separate thread, until all have ended or the deadline
    /// has passed. Failures of tasks are counted.
    void together(int parts, AttackTask part) {
        var threads =
                IntStream.range(0, parts)
                        .mapToObj(number ->
                                Thread.ofVirtual()
                                        .start(() -> {
                                            try {
                                                part.run(number);
                                            } catch (IOException e) {
                                                count("ended: " + LatencyProbe.describe(e));
                                            }
                                        }))
                        .toList();
        for (var thread : threads) {
            join(thread);
        }
    }

    private void join(Thread thread) {
        try {
            long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (!thread.join(Duration.ofMillis(Math.max(1, millis)))) {
                count("still busy at the end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        for (var each : opened) {
            try {
                each.close();
            } catch (Exception e) {
                count("close: " + LatencyProbe.describe(e));
            }
        }
    }
}
