package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.cli.program.Count;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `bench connect`: opens connections and leaves them idle.
@Command(
        name = "connect",
        description = {
            "Opens connections and leaves them idle.",
            "Measures the rate, and the cost of a connection."
        },
        mixinStandardHelpOptions = true)
final class ConnectMode extends LoadMode {
    @Option(
            names = "--receivers",
            defaultValue = "1000",
            description = "connections (default: 1000)")
    private int receivers = 1000;

    @Option(
            names = "--rate",
            defaultValue = "0",
            description = "connections per second; 0: no limit (default: 0)")
    private double rate;

    private boolean opened;

    @Override
    String title() {
        return "Connect: " + Count.of(receivers, "connection");
    }

    @Override
    void setUp() {}

    @Override
    Map<String, Double> round(int number, boolean counts) {
        if (opened) {
            fleet().drop();
        }
        var heapBefore = ServerUnderTest.liveHeapBytes(servers());
        long residentBefore = resident();
        var probe = MetricsDelta.start(servers());
        long start = System.nanoTime();
        var open =
                opened
                        ? fleet().reopen(new Schedule(Schedule.soon(), rate), screen)
                        : openFleet(receivers, List.of(), rate);
        long nanos = System.nanoTime() - start;
        opened = true;
        var fields = new LinkedHashMap<String, Double>();
        fields.put("connections", (double) open.open());
        fields.put("connectionsPerSecond", open.open() * 1e9 / nanos);
        fields.put("retries", (double) open.retries());
        latency(fields, "", open.latency());
        probe.addTo(fields, 0);
        if (fields.containsKey("server.cpuSeconds")) {
            fields.put(
                    "cpuMicrosPerConnection",
                    fields.getOrDefault("server.cpuSeconds", 0.0) * 1e6 / open.open());
        }
        var heap = ServerUnderTest.liveHeapBytes(servers());
        if (heap.isPresent() && heapBefore.isPresent()) {
            fields.put(
                    "heapBytesPerConnection",
                    (heap.getAsDouble() - heapBefore.getAsDouble()) / open.open());
            fields.put(
                    "residentBytesPerConnection",
                    (double) (resident() - residentBefore) / open.open());
        }
        return fields;
    }

    private long resident() {
        return servers().stream().mapToLong(ServerUnderTest::residentBytes).sum();
    }
}
