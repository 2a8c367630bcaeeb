package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// Samples the memory of the server under test whenever its probe runs, and keeps the maxima of
/// resident bytes, heap and direct buffers.
///
/// Threads: its probe's thread writes, any thread reads.
final class MemoryPeaks implements LatencyProbe.RoundTrip {
    private static final double MIB = 1 << 20;
    private static final int ANSWER_MILLIS_MAX = 2_000;

    private final TargetServer server;
    private volatile long residentMax;
    private volatile double heapMax;
    private volatile double directMax;

    MemoryPeaks(TargetServer server) {
        this.server = server;
    }

    @Override
    public void run() throws IOException {
        residentMax = Math.max(residentMax, server.residentBytes());
        var metrics = server.metrics(ANSWER_MILLIS_MAX);
        heapMax = Math.max(heapMax, heap(metrics));
        directMax = Math.max(directMax, direct(metrics));
    }

    Map<String, Object> report() {
        var report = new LinkedHashMap<String, Object>();
        report.put("residentMaxMiB", Math.round(residentMax / MIB));
        report.put("heapMaxMiB", Math.round(heapMax / MIB));
        report.put("directMaxMiB", Math.round(directMax / MIB));
        return report;
    }

    /// Heap and direct memory after a full collection; empty if the server does not respond.
    Map<String, Object> afterCollection() throws IOException {
        var report = new LinkedHashMap<String, Object>();
        if (server.isAlive() && server.collectGarbage()) {
            try {
                var metrics = server.metrics(ANSWER_MILLIS_MAX);
                report.put("heapMiB", Math.round(heap(metrics) / MIB));
                report.put("directMiB", Math.round(direct(metrics) / MIB));
            } catch (IOException e) {
                report.put("metrics", LatencyProbe.describe(e));
            }
        } else {
            report.put("metrics", "no collection: the server does not respond to jcmd");
        }
        report.put("residentMiB", Math.round(server.residentBytes() / MIB));
        return report;
    }

    private static double heap(Map<String, Double> metrics) {
        return sum(metrics, "jvm_memory_used_bytes{area=\"heap\"");
    }

    /// Netty counts memory that it allocates itself; the JVM counts memory allocated through it.
    private static double direct(Map<String, Double> metrics) {
        return Math.max(
                sum(metrics, "netty_allocator_memory_used{"),
                sum(metrics, "jvm_buffer_memory_used_bytes{id=\"direct\""));
    }

    private static double sum(Map<String, Double> metrics, String prefix) {
        return metrics.entrySet().stream()
                .filter(sample -> sample.getKey().startsWith(prefix))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }
}
