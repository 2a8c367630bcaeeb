package io.lockstep.bench;

import io.lockstep.bench.MemorySamples.Sample;
import io.lockstep.bench.report.GcLog;
import io.lockstep.bench.report.GcLog.Pause;
import io.lockstep.bench.report.Growth;
import io.lockstep.bench.report.LinePlot;
import io.lockstep.bench.report.MetricsPage;
import io.lockstep.bench.report.Pauses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Samples the memory of the servers during a run and their collectors' pauses. Servers that the
/// run started have a log of pauses. For other servers the metrics give a sum.
final class MemoryMonitor {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryMonitor.class);
    private static final double MEGABYTE = 1e6;
    private static final double MILLIS = 1e3;

    private final List<ServerUnderTest> servers;
    private final MemorySamples samples = new MemorySamples();
    private final Ticker ticker = new Ticker("vital signs");
    private final long startNanos = System.nanoTime();
    private final long startEpochMillis = System.currentTimeMillis();
    private long endEpochMillis = Long.MAX_VALUE;
    private final List<Optional<MetricsPage>> before;

    private MemoryMonitor(List<ServerUnderTest> servers) {
        this.servers = servers;
        before = pages();
    }

    static MemoryMonitor watch(List<ServerUnderTest> servers, int everySeconds) {
        var signs = new MemoryMonitor(servers);
        signs.ticker.start(signs::sample, 0, Math.max(1, everySeconds));
        return signs;
    }

    private List<Optional<MetricsPage>> pages() {
        return servers.stream().map(ServerUnderTest::metrics).toList();
    }

    private synchronized void sample() {
        try {
            double seconds = (System.nanoTime() - startNanos) / 1e9;
            samples.add(seconds, servers.stream().map(MemoryMonitor::sample).toList());
        } catch (RuntimeException e) {
            // The run continues, because its other results are valid; the plot lacks this sample.
            LOG.warn("no sample of the servers: {}", e.getMessage());
        }
    }

    private static Sample sample(ServerUnderTest server) {
        return Sample.of(server.residentBytes(), server.metrics());
    }

    /// Stops sampling.
    void stop() {
        ticker.close();
        sample();
        endEpochMillis = System.currentTimeMillis();
    }

    Pauses pauses() {
        return new Pauses(servers.stream().map(this::pauses).toList(), startEpochMillis);
    }

    private List<Pause> pauses(ServerUnderTest server) {
        return server
                .gcLog()
                .map(log -> {
                    try {
                        return GcLog.parse(Files.readString(log, StandardCharsets.UTF_8));
                    } catch (IOException e) {
                        LOG.warn("no log of the collector: {}", e.getMessage());
                        return List.<Pause>of();
                    }
                })
                .orElse(List.of())
                .stream()
                .filter(p -> p.epochMillis() >= startEpochMillis)
                .filter(p -> p.epochMillis() <= endEpochMillis)
                .toList();
    }

    private boolean isLogged() {
        return servers.stream().allMatch(s -> s.gcLog().filter(Files::isReadable).isPresent());
    }

    void addTo(Map<String, Double> fields) {
        if (isLogged()) {
            pauses().addTo(fields);
        } else {
            var now = pages();
            more(now, "jvm_gc_pause_seconds_count").ifPresent(n -> fields.put("gc.pauses", n));
            more(now, "jvm_gc_pause_seconds_sum")
                    .ifPresent(seconds -> fields.put("gc.total", seconds * MILLIS));
        }
        growth(fields, "rss", samples.together(Sample::resident));
        growth(fields, "heap", afterCollection());
        growth(fields, "direct", samples.together(Sample::direct));
        growth(fields, "pooled", samples.together(Sample::pooled));
    }

    private OptionalDouble more(List<Optional<MetricsPage>> now, String name) {
        var after = total(now, name);
        var then = total(before, name);
        return after.isPresent() && then.isPresent()
                ? OptionalDouble.of(after.getAsDouble() - then.getAsDouble())
                : OptionalDouble.empty();
    }

    /// @return empty if a server has no metrics
    private static OptionalDouble total(List<Optional<MetricsPage>> pages, String name) {
        return pages.stream().allMatch(Optional::isPresent)
                ? OptionalDouble.of(
                        pages.stream()
                                .flatMap(Optional::stream)
                                .mapToDouble(page -> page.get(name))
                                .sum())
                : OptionalDouble.empty();
    }

    static void growth(Map<String, Double> fields, String name, List<Double> values) {
        if (!values.isEmpty()) {
            fields.put(name + ".endMegabytes", values.getLast() / MEGABYTE);
            fields.put(
                    name + ".mostMegabytes",
                    values.stream().mapToDouble(v -> v).max().orElse(0) / MEGABYTE);
        }
        Growth.of(values)
                .ifPresent(grown -> {
                    grown.share().ifPresent(share -> fields.put(name + ".growth", share));
                    fields.put(name + ".growthMegabytes", (grown.to() - grown.from()) / MEGABYTE);
                });
    }

    /// Returns the heap in use of all servers after their last pauses, at the moments of the
    /// samples. Without a log of pauses, returns the used heap.
    private List<Double> afterCollection() {
        if (!isLogged()) {
            return samples.together(Sample::heap);
        }
        var all = servers.stream().map(this::pauses).toList();
        var sums = new ArrayList<Double>();
        for (double seconds : samples.seconds()) {
            long moment = startEpochMillis + Math.round(seconds * MILLIS);
            double sum = 0;
            boolean known = true;
            for (var pauses : all) {
                var last = pauses.stream().filter(p -> p.epochMillis() <= moment).toList();
                known &= !last.isEmpty();
                sum += last.isEmpty() ? 0 : last.getLast().afterBytes();
            }
            if (known) {
                sums.add(sum);
            }
        }
        return sums;
    }

    Map<String, String> plots() {
        var plots = new LinkedHashMap<String, String>();
        plots.put("resident", plot("Resident memory", Sample::resident));
        plots.put("heap", heapPlot());
        plots.put("direct", plot("Direct memory (JVM)", Sample::direct));
        plots.put("pooled", plot("Buffers in use of Netty's pools", Sample::pooled));
        return plots;
    }

    private String plot(String title, Function<Sample, OptionalDouble> value) {
        var plot = new LinePlot(title, "seconds", "megabytes", false);
        for (int i = 0; i < servers.size(); i++) {
            plot.add(line("server " + (i + 1), samples.ofServer(i, value)));
        }
        return plot.svg();
    }

    private static LinePlot.Line line(String name, List<MemorySamples.TimedValue> ofServer) {
        return new LinePlot.Line(
                name,
                ofServer.stream().map(MemorySamples.TimedValue::seconds).toList(),
                ofServer.stream().map(at -> at.value() / MEGABYTE).toList());
    }

    private String heapPlot() {
        var plot =
                new LinePlot(
                        isLogged() ? "Heap in use after each pause" : "Heap in use",
                        "seconds",
                        "megabytes",
                        false);
        for (int i = 0; i < servers.size(); i++) {
            var name = "server " + (i + 1);
            if (isLogged()) {
                var pauses = pauses(servers.get(i));
                plot.add(
                        new LinePlot.Line(
                                name,
                                pauses.stream()
                                        .map(p -> (p.epochMillis() - startEpochMillis) / MILLIS)
                                        .toList(),
                                pauses.stream().map(p -> p.afterBytes() / MEGABYTE).toList()));
            } else {
                plot.add(line(name, samples.ofServer(i, Sample::heap)));
            }
        }
        return plot.svg();
    }
}
