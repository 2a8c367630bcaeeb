package io.lockstep.benchmarks.fuzz;

import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/// Plays cases against a server until enough frames and requests are sent. An honest session runs
/// at the same time. Checks the server's log and memory.
///
/// Case `k` of a seed is the same in every run.
///
/// Threads: one for each concurrent connection, each with its own cases.
public final class FuzzRun {
    private static final int CONNECT_MILLIS_MAX = 20_000;
    private static final double MIB = 1 << 20;

    /// How much caches may grow after the first half of a run.
    private static final double GROWTH_BYTES_MAX = 32 * MIB;

    private static final int SAMPLES = 4;

    private final TargetServer server;
    private final long seed;
    private final int connections;
    private final Connector dial;
    private final Findings findings = new Findings();
    private final AtomicLong frames = new AtomicLong();
    private final AtomicLong cases = new AtomicLong();
    private final Set<Long> playing = ConcurrentHashMap.newKeySet();
    private final List<Map<String, Object>> memory = new ArrayList<>();
    private int exceptionsSeen;

    public FuzzRun(TargetServer server, long seed, int connections) {
        this.server = server;
        this.seed = seed;
        this.connections = connections;
        dial = Connector.plain(server.port());
    }

    /// The result of a run.
    ///
    /// @param findings each with its case; empty if the server is correct
    public record FuzzReport(
            long seed,
            long frames,
            long cases,
            double seconds,
            long roundTrips,
            long longestMillis,
            Map<String, Long> endings,
            List<Map<String, Object>> memory,
            long warnings,
            List<String> findings) {}

    /// @param only cases to play; empty: from the first on until `framesMin` frames are sent
    /// @param measured whether memory is checked, which takes full collections
    public FuzzReport run(long framesMin, List<Long> only, boolean measured) throws IOException {
        long begun = System.nanoTime();
        var witness = new HonestSession(dial, findings);
        try (witness) {
            if (only.isEmpty()) {
                play(framesMin, measured);
            } else {
                only.forEach(this::play);
            }
        }
        lookAtLog();
        judgeMemory();
        var log = server.log();
        return new FuzzReport(
                seed,
                frames.get(),
                cases.get(),
                (System.nanoTime() - begun) / 1e9,
                witness.roundTrips(),
                witness.longestMillis(),
                findings.endings(),
                List.copyOf(memory),
                ServerLog.warnings(log),
                findings.all());
    }

    private void play(long framesMin, boolean measured) throws IOException {
        var threads =
                IntStream.range(0, connections)
                        .mapToObj(_ ->
                                Thread.ofPlatform()
                                        .daemon()
                                        .start(() -> {
                                            while (frames.get() < framesMin) {
                                                play(cases.getAndIncrement());
                                            }
                                        }))
                        .toList();
        long reportedNanos = System.nanoTime();
        while (threads.stream().anyMatch(Thread::isAlive)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            if (measured && frames.get() * SAMPLES >= framesMin * (memory.size() + 1L)) {
                sample();
            }
            if (System.nanoTime() - reportedNanos > TimeUnit.SECONDS.toNanos(5)) {
                reportedNanos = System.nanoTime();
                lookAtLog();
                System.err.printf(
                        "%,d frames, %,d cases, %d findings%n",
                        frames.get(), cases.get(), findings.count());
            }
            if (!server.isAlive()) {
                findings.add("cases " + playing, "the server has ended");
                return;
            }
        }
    }

    private void play(long number) {
        playing.add(number);
        var name = "c" + Long.toString(seed, 36) + "-" + number;
        var random = new Random(seed * 0x9e3779b97f4a7c15L + number);
        // No address has so many connections that the limit for addresses refuses one.
        var from = "127.1.%d.%d".formatted(random.nextInt(250), 1 + random.nextInt(250));
        try {
            var socket = dial.connect(from, CONNECT_MILLIS_MAX);
            frames.addAndGet(play(random, name, socket));
        } catch (IOException | RuntimeException e) {
            findings.add(name, "could not be played: " + e);
        } finally {
            playing.remove(number);
        }
    }

    /// 60 of 100 cases are sessions, 10 recorded connections, 25 requests, 5 noise.
    private long play(Random random, String name, Socket socket) throws IOException {
        int kind = random.nextInt(100);
        if (kind < 60) {
            return new SessionCase(random, name, findings).play(socket);
        } else if (kind < 70) {
            return new RecordedCase(random, name, findings).play(socket);
        } else if (kind < 95) {
            return new RequestCase(random, name, findings).play(socket);
        }
        return new NoiseCase(random, name, findings).play(socket);
    }

    private void lookAtLog() throws IOException {
        var exceptions = ServerLog.exceptions(server.log());
        for (; exceptionsSeen < exceptions.size(); exceptionsSeen++) {
            findings.add("log, cases " + playing, exceptions.get(exceptionsSeen));
        }
    }

    private void sample() throws IOException {
        var sample = new LinkedHashMap<String, Object>();
        sample.put("frames", frames.get());
        server.collectGarbage();
        var metrics = new TreeMap<>(server.metrics(20_000));
        sample.put("heapMiB", mebibytes(metrics, "jvm_memory_used_bytes{area=\"heap\""));
        sample.put(
                "directMiB",
                Math.max(
                        mebibytes(metrics, "netty_allocator_memory_used{"),
                        mebibytes(metrics, "jvm_buffer_memory_used_bytes{id=\"direct\"")));
        sample.put("residentMiB", Math.round(server.residentBytes() / MIB));
        memory.add(sample);
        System.err.println(sample);
    }

    private static double mebibytes(Map<String, Double> metrics, String prefix) {
        double bytes =
                metrics.entrySet().stream()
                        .filter(each -> each.getKey().startsWith(prefix))
                        .mapToDouble(Map.Entry::getValue)
                        .sum();
        return Math.round(bytes / MIB * 10) / 10.0;
    }

    /// After the first half, no memory figure may grow by more than the allowance for caches.
    private void judgeMemory() {
        if (memory.size() < SAMPLES) {
            return;
        }
        for (var name : List.of("heapMiB", "directMiB")) {
            double half =
                    ((Number) memory.get(SAMPLES / 2 - 1).getOrDefault(name, 0)).doubleValue();
            double last = ((Number) memory.getLast().getOrDefault(name, 0)).doubleValue();
            if ((last - half) * MIB > GROWTH_BYTES_MAX) {
                findings.add("memory", name + " grew from " + half + " to " + last);
            }
        }
    }
}
