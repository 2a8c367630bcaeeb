package io.lockstep.client.load;

import io.lockstep.client.load.traffic.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bench connect`.
@Command(
        name = "connect",
        description =
                "Connections that are opened and then idle: how fast, and what each costs the servers.",
        mixinStandardHelpOptions = true)
final class ConnectMode extends Mode {
    @Option(
            names = "--receivers",
            defaultValue = "1000",
            description = "connections (default: 1000)")
    private int receivers = 1000;

    @Option(
            names = "--rate",
            defaultValue = "0",
            description = "connections per second; 0: as fast as it goes (default: 0)")
    private double rate;

    private boolean opened;

    @Override
    String title() {
        return "Connect: %,d connections".formatted(receivers);
    }

    @Override
    void setUp() {}

    @Override
    Map<String, Double> round(int number, boolean counts) {
        if (opened) {
            fleet().drop();
        }
        long heapBefore = heapAfterCollection();
        long residentBefore = resident();
        var probe = Probe.start(servers());
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
        latency(fields, "", open.latency());
        probe.addTo(fields, 0);
        if (fields.containsKey("server.cpuSeconds")) {
            fields.put(
                    "cpuMicrosPerConnection",
                    fields.getOrDefault("server.cpuSeconds", 0.0) * 1e6 / open.open());
        }
        long heap = heapAfterCollection();
        if (heap > 0) {
            fields.put("heapBytesPerConnection", (double) (heap - heapBefore) / open.open());
            fields.put(
                    "residentBytesPerConnection",
                    (double) (resident() - residentBefore) / open.open());
        }
        return fields;
    }

    private long resident() {
        return servers().stream()
                .filter(s -> s.pid().isPresent())
                .mapToLong(s -> Server.residentBytes(s.pid().getAsLong()))
                .sum();
    }

    /// Bytes on the heaps after a full collection; 0 where that cannot be asked for.
    private long heapAfterCollection() {
        long bytes = 0;
        for (var server : servers()) {
            if (server.pid().isEmpty() || !collect(server.pid().getAsLong())) {
                return 0;
            }
            bytes +=
                    server.metrics()
                            .map(page -> (long) page.get("jvm_memory_used_bytes{heap}"))
                            .orElse(0L);
        }
        return bytes;
    }

    private static boolean collect(long pid) {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return false;
        }
        try {
            return new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
