package io.lockstep.bench;

import io.lockstep.bench.report.MetricsPage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Computes the change of the servers' metrics between two moments.
final class MetricsDelta {
    /// Present if the metrics of all servers could be read.
    static final String CPU = "server.cpuSeconds";

    private static final double MILLIS = 1e3;
    private final List<ServerUnderTest> servers;
    private final List<Optional<MetricsPage>> before;

    private MetricsDelta(List<ServerUnderTest> servers) {
        this.servers = servers;
        before = read();
    }

    static MetricsDelta start(List<ServerUnderTest> servers) {
        return new MetricsDelta(servers);
    }

    private List<Optional<MetricsPage>> read() {
        return servers.stream().map(ServerUnderTest::metrics).toList();
    }

    /// Adds the servers' use since the start; adds nothing if a server has no operations port.
    ///
    /// @param deliveries number of deliveries in that time
    void addTo(Map<String, Double> fields, long deliveries) {
        var after = read();
        double cpu = 0;
        double pauses = 0;
        double direct = 0;
        double pooled = 0;
        boolean known =
                !servers.isEmpty()
                        && after.stream().allMatch(Optional::isPresent)
                        && before.stream().allMatch(Optional::isPresent);
        if (known) {
            for (int i = 0; i < after.size(); i++) {
                var now = after.get(i).get();
                var then = before.get(i).get();
                cpu += now.cpuSeconds() - then.cpuSeconds();
                pauses +=
                        now.get("jvm_gc_pause_seconds_sum") - then.get("jvm_gc_pause_seconds_sum");
                direct += ServerUnderTest.directBytes(now);
                pooled += ServerUnderTest.pooledBytes(now);
                counters(fields, then, now);
            }
            fields.put(CPU, cpu);
            fields.put("server.gcPauses", pauses * MILLIS);
            fields.put("server.directMegabytes", direct / 1e6);
            fields.put("server.pooledMegabytes", pooled / 1e6);
            if (deliveries > 0) {
                fields.put("cpuMicrosPerDelivery", cpu * 1e6 / deliveries);
            }
        }
        long[] resident = servers.stream().mapToLong(ServerUnderTest::residentBytes).toArray();
        if (resident.length > 0 && Arrays.stream(resident).allMatch(bytes -> bytes > 0)) {
            fields.put("server.residentMegabytes", Arrays.stream(resident).sum() / 1e6);
        }
    }

    private static void counters(Map<String, Double> fields, MetricsPage then, MetricsPage now) {
        now.values()
                .forEach((name, value) -> {
                    double more = value - then.get(name);
                    if (name.startsWith("lockstep_") && name.endsWith("_total") && more != 0) {
                        fields.merge("server." + name, more, Double::sum);
                    }
                });
    }
}
