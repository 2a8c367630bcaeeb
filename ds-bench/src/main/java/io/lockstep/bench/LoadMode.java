package io.lockstep.bench;

import io.lockstep.bench.report.LinePlot;
import io.lockstep.bench.report.Numbers;
import io.lockstep.bench.report.Report;
import io.lockstep.bench.traffic.Dialect;
import io.lockstep.bench.traffic.Endpoint;
import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.SenderPool;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.WorkerReply;
import io.lockstep.bench.traffic.WorkerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Base class of the load modes: sets up, runs rounds, reports.
abstract class LoadMode implements Callable<Integer> {
    /// How long receivers may take for the last message of a round.
    static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final double NANOS_PER_MILLI = 1e6;

    /// Approximate number of points of a plotted line.
    private static final int PLOTTED_MAX = 600;

    @Mixin RunOptions options = new RunOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    private final Map<String, Histogram> latencies = new LinkedHashMap<>();
    private final Map<String, List<LinePlot.Line>> overTime = new LinkedHashMap<>();
    private final List<String> remarks = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private final Map<String, String> signPlots = new LinkedHashMap<>();

    // The server keeps its groups, so each run needs new names.
    final String run = HexFormat.of().toHexDigits(new Random().nextInt());

    ConsoleReporter screen = new ConsoleReporter(System.out);
    private @Nullable ServerSet serverSet;
    private @Nullable SenderPool senders;
    private @Nullable WorkerPool fleet;

    abstract String title();

    /// Opens the connections and creates the groups that the rounds need.
    abstract void setUp();

    /// @param counts whether the round is measured, or belongs to the warm-up
    /// @return fields; durations in milliseconds
    abstract Map<String, Double> round(int number, boolean counts);

    @Override
    public Integer call() {
        var checks = options.checks();
        var about = RunEnvironment.about(spec);
        screen = new ConsoleReporter(System.out);
        try (var servers = options.serverSet();
                var senderPool = new SenderPool(options.believesAll())) {
            serverSet = servers;
            senders = senderPool;
            setUp();
            for (int i = -options.warmUp; i < 0; i++) {
                said("warm-up", round(i, false));
            }
            beforeCounting();
            forget();
            var rounds = countedRounds();
            var plots = plots();
            plots.putAll(signPlots);
            var report = new Report(title(), about, rounds, plots, lines, remarks, checks);
            screen.say("");
            screen.say(report.text());
            options.out.ifPresent(report::write);
            return report.verdicts().stream().allMatch(v -> v.holds()) ? 0 : 1;
        } catch (BenchException e) {
            screen.say("FAILED  " + e.getMessage());
            return 2;
        } finally {
            if (fleet != null) {
                fleet.close();
            }
            close();
        }
    }

    /// Runs after the warm-up and before the first measured round.
    void beforeCounting() {}

    private void forget() {
        latencies.clear();
        overTime.clear();
        remarks.clear();
    }

    private void said(String what, Map<String, Double> fields) {
        screen.say("%s: %s".formatted(what, brief(fields)));
    }

    /// Runs the measured rounds. The last round's fields include the servers' memory and pauses
    /// over all rounds.
    private List<Map<String, Double>> countedRounds() {
        boolean isLong = options.length.isPresent();
        var liveBefore = isLong ? ServerUnderTest.liveHeapBytes(servers()) : OptionalDouble.empty();
        var signs = MemoryMonitor.watch(servers(), options.sampleSeconds);
        var rounds = new ArrayList<Map<String, Double>>();
        for (int i = 0; i < options.countedRounds(); i++) {
            var fields = round(i, true);
            rounds.add(fields);
            said("round " + (i + 1), fields);
        }
        signs.stop();
        var last = new LinkedHashMap<String, Double>();
        signs.addTo(last);
        signPlots.putAll(signs.plots());
        lines.addAll(signs.pauses().lines());
        if (liveBefore.isPresent()) {
            ServerUnderTest.liveHeapBytes(servers())
                    .ifPresent(after -> {
                        last.put("heap.liveBeforeMegabytes", liveBefore.getAsDouble() / 1e6);
                        last.put("heap.liveAfterMegabytes", after / 1e6);
                    });
        }
        rounds.getLast().putAll(last);
        return rounds;
    }

    /// Returns the length of a round.
    ///
    /// @param counts whether the round is measured; then [RunOptions#length] applies
    double secondsOf(boolean counts, double otherwise) {
        return counts
                ? options.length.map(length -> length.toMillis() / 1e3).orElse(otherwise)
                : otherwise;
    }

    /// Closes what a mode opened besides.
    void close() {}

    private static String brief(Map<String, Double> fields) {
        var brief = new StringBuilder();
        fields.forEach((name, value) -> {
            if (!name.startsWith("server.")) {
                brief.append(name).append('=').append(Numbers.show(value)).append("  ");
            }
        });
        return brief.toString();
    }

    List<ServerUnderTest> servers() {
        return serverSet == null ? List.of() : serverSet.servers();
    }

    WorkerPool fleet() {
        if (fleet == null) {
            throw new IllegalStateException("no receivers yet");
        }
        return fleet;
    }

    List<Sender> openSenders(int count) {
        if (senders == null) {
            throw new IllegalStateException("not running");
        }
        var endpoints =
                servers().stream().map(s -> new Endpoint(Dialect.LOCKSTEP, s.webSocket())).toList();
        return senders.open(endpoints, "sender" + run + "-", count);
    }

    String receiverName() {
        return "recv" + run + "-";
    }

    /// Returns the names of members `[from, to)` as on the roster.
    List<String> memberNames(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> receiverName() + i + "/d").toList();
    }

    WorkerPool.OpenResult openFleet(
            int receivers, List<WorkerRequest.GroupAssignment> seats, double perSecond) {
        return openFleet(receivers, receivers, seats, SocketBuffers.systems(), perSecond);
    }

    /// @param apart from this member on, members are in separate processes
    WorkerPool.OpenResult openFleet(
            int receivers,
            int apart,
            List<WorkerRequest.GroupAssignment> seats,
            SocketBuffers buffers,
            double perSecond) {
        var started = WorkerPool.start(receivers, apart, options.processes, options.threads);
        fleet = started;
        return started.open(
                Dialect.LOCKSTEP,
                servers().stream().map(s -> s.webSocket().toString()).toList(),
                receiverName(),
                seats,
                buffers,
                new Schedule(Schedule.soon(), perSecond),
                options.believesAll(),
                screen);
    }

    /// Adds percentiles as fields, and a line to the plot.
    void latency(Map<String, Double> fields, String prefix, Histogram histogram) {
        latency(fields, prefix, prefix, histogram);
    }

    /// @param line name of the line in the plot
    void latency(Map<String, Double> fields, String line, String prefix, Histogram histogram) {
        if (histogram.getTotalCount() == 0) {
            return;
        }
        latencies
                .computeIfAbsent(line.isEmpty() ? "all" : line, _ -> new Histogram(3))
                .add(histogram);
        var before = prefix.isEmpty() ? "" : prefix + ".";
        fields.put(before + "p50", millis(histogram.getValueAtPercentile(50)));
        fields.put(before + "p90", millis(histogram.getValueAtPercentile(90)));
        fields.put(before + "p99", millis(histogram.getValueAtPercentile(99)));
        fields.put(before + "p999", millis(histogram.getValueAtPercentile(99.9)));
        fields.put(before + "longest", millis(histogram.getMaxValue()));
    }

    static double millis(long nanos) {
        return nanos / NANOS_PER_MILLI;
    }

    /// Adds one field as a multiple of another; adds none if either was not measured.
    static void ratio(Map<String, Double> fields, String name, String of, String to) {
        double value = fields.getOrDefault(of, 0.0);
        double unit = fields.getOrDefault(to, 0.0);
        if (value > 0 && unit > 0) {
            fields.put(name, value / unit);
        }
    }

    /// Adds the error counters.
    void faults(Map<String, Double> fields, RoundResult seen, long lost, Map<Long, String> sent) {
        fields.putAll(seen.mustNotBe(lost, sent));
        seen.faults().forEach(this::remark);
    }

    void remark(String text) {
        if (remarks.size() < 20) {
            remarks.add(text);
        }
    }

    /// Plots the deliveries over the time of a round.
    void overTime(String kind, int number, RoundResult seen) {
        var x = new ArrayList<Double>();
        var y = new ArrayList<Double>();
        var buckets = seen.buckets(kind);
        if (buckets.isEmpty()) {
            return;
        }
        int each = 1 + (buckets.lastKey() - buckets.firstKey()) / PLOTTED_MAX;
        long width = WorkerReply.BUCKET_MILLIS * each;
        for (int b = buckets.firstKey(); b <= buckets.lastKey(); b += each) {
            int sum = buckets.subMap(b, b + each).values().stream().mapToInt(n -> n).sum();
            x.add((double) b * WorkerReply.BUCKET_MILLIS);
            y.add(sum * 1e3 / width);
        }
        overTime.computeIfAbsent(kind, _ -> new ArrayList<>())
                .add(new LinePlot.Line("round " + (number + 1), x, y));
    }

    private Map<String, String> plots() {
        var plots = new LinkedHashMap<String, String>();
        if (!latencies.isEmpty()) {
            var plot =
                    new LinePlot(
                            "Latency from the intended moment", "milliseconds", "% within", true);
            latencies.forEach((name, histogram) -> plot.add(distribution(name, histogram)));
            plots.put("latency", plot.svg());
        }
        overTime.forEach((kind, lines) -> {
            var plot =
                    new LinePlot(
                            "Deliveries over time, " + kind,
                            "milliseconds",
                            "deliveries per second, " + kind,
                            false);
            lines.forEach(plot::add);
            plots.put("deliveries-" + kind, plot.svg());
        });
        return plots;
    }

    private static LinePlot.Line distribution(String name, Histogram histogram) {
        var x = new ArrayList<Double>();
        var y = new ArrayList<Double>();
        for (var value : histogram.percentiles(20)) {
            x.add(millis(value.getValueIteratedTo()));
            y.add(value.getPercentileLevelIteratedTo());
        }
        return new LinePlot.Line(name, x, y);
    }
}
