package io.lockstep.bench;

import io.lockstep.bench.report.BarPlot;
import io.lockstep.bench.report.BarPlot.PlotBar;
import io.lockstep.bench.report.Numbers;
import io.lockstep.bench.report.Report;
import io.lockstep.bench.report.ResultCheck;
import io.lockstep.bench.report.Summary;
import io.lockstep.bench.traffic.SenderPool;
import io.lockstep.cli.program.Count;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/// The command `bench compare`. `benchmarks/compare/run` calls it after it has started all servers.
@Command(
        name = "compare",
        description = {
            "Compares the fan-out of several servers in one run.",
            "Rounds alternate between the contestants. Their receivers are equal, and their CPU"
                    + " time is measured. The first contestant is the unit. The script"
                    + " benchmarks/compare/run starts this command."
        },
        mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {
    @Option(names = "--contestants", paramLabel = "FILE", required = true, description = "JSON")
    private Path contestants = Path.of("contestants.json");

    @Option(names = "--receivers", defaultValue = "10000", description = "of each (default: 10000)")
    private int receivers = 10_000;

    @Option(
            names = "--size",
            defaultValue = "1024",
            description = "bytes of a message (default: 1024)")
    private int size = 1024;

    @Option(names = "--rounds", defaultValue = "7", description = "default: 7")
    private int rounds = 7;

    @Option(names = "--warm-up", defaultValue = "2", description = "default: 2")
    private int warmUp = 2;

    @Option(names = "--sendings", defaultValue = "5", description = "per round (default: 5)")
    private int sendings = 5;

    @Option(names = "--burst", defaultValue = "10", description = "messages together (default: 10)")
    private int burst = 10;

    @Option(
            names = "--rest",
            paramLabel = "SECONDS",
            defaultValue = "0.3",
            description = {
                "rest before each sending of a measured round (default: 0.3). After more than",
                "TCP's minimum retransmission timeout, 0.2 s, a Linux receiver acknowledges at",
                "once. On loopback that takes the server's CPU. Earlier, it acknowledges when it",
                "reads, on its own CPU. The rest puts all servers in the same state: that of a",
                "group with fewer than five messages a second."
            })
    private double rest = 0.3;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Option(names = "--check", description = "as for the modes, such as 'lockstep.single.x<=1.15'")
    private List<String> check = new ArrayList<>();

    @Option(names = "--note", description = "NAME=TEXT for the head of the report; repeatable")
    private Map<String, String> notes = new LinkedHashMap<>();

    @Option(
            names = "--out",
            paramLabel = "BASE",
            required = true,
            description = "of .json .html .txt .svg")
    private Path out = Path.of("fanout-compare");

    private static final String OURS = "lockstep";
    private static final String RING = "c-uring";
    private static final String RING_JOINED = "c-uring-joined";
    private static final String TWO_LOOPS = "-2";
    private static final int JVM_WARMER = 10;

    private final List<String> remarks = new ArrayList<>();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        var screen = new ConsoleReporter(System.out);
        var all =
                List.of(
                        JsonMapper.builder()
                                .build()
                                .readValue(Files.readString(contestants), Contestant[].class));
        var about = RunEnvironment.about(spec);
        about.putAll(notes);
        var checks = check.stream().map(ResultCheck::parse).toList();
        var bouts = new ArrayList<ContestantRun>();
        try (var senders = new SenderPool(true)) {
            for (var contestant : all) {
                var run = HexFormat.of().toHexDigits(new Random().nextInt());
                bouts.add(
                        ContestantRun.open(
                                contestant, engine, receivers, size, run, senders, screen));
            }
            var report = report(about, play(bouts, screen), bouts, checks);
            screen.say(report.text());
            report.write(out);
            Files.writeString(Path.of(out + ".svg"), String.join("\n", report.plots().values()));
            return report.verdicts().stream().allMatch(v -> v.holds()) ? 0 : 1;
        } catch (BenchException e) {
            screen.say("FAILED  " + e.getMessage());
            return 2;
        } finally {
            bouts.forEach(ContestantRun::close);
        }
    }

    /// @param bouts the contestants; failed ones are closed and removed
    private List<Map<String, Double>> play(List<ContestantRun> bouts, ConsoleReporter screen) {
        var played = new ArrayList<Map<String, Double>>();
        for (int i = -warmUp; i < rounds; i++) {
            var fields = new LinkedHashMap<String, Double>();
            var turns = List.copyOf(bouts);
            for (int turn = 0; turn < turns.size(); turn++) {
                // The first contestant of this round comes later in the next.
                var bout = turns.get(Math.floorMod(turn + i, turns.size()));
                try {
                    if (i < 0) {
                        warm(bout);
                    } else {
                        turn(bout, fields);
                    }
                } catch (BenchException e) {
                    if (!isPeer(bout.contestant.name())) {
                        throw e;
                    }
                    failed(bout, e, played, fields);
                    bouts.remove(bout);
                    screen.say("failed: " + e.getMessage());
                }
            }
            inUnits(fields, bouts);
            for (var bout : bouts) {
                lastInUnits(fields, bout.contestant.name());
            }
            screen.say((i < 0 ? "warm-up" : "round " + (i + 1)) + " done");
            if (i >= 0) {
                played.add(fields);
            }
        }
        return played;
    }

    private void turn(ContestantRun bout, Map<String, Double> fields) {
        var name = bout.contestant.name();
        long restNanos = Math.round(rest * 1e9);
        bout.round(sendings, 1, restNanos).forEach((f, v) -> fields.put(name + ".single." + f, v));
        bout.served(sendings, restNanos).forEach((f, v) -> fields.put(name + ".single." + f, v));
        bout.round(sendings, burst, restNanos)
                .forEach((f, v) -> fields.put(name + ".burst." + f, v));
        bout.memory().forEach((f, v) -> fields.put(name + "." + f, v));
    }

    /// Warms up a server: the comparison is about servers that have run for a while. A JVM compiles
    /// during the first ten thousand messages, and that would count as our CPU time.
    private void warm(ContestantRun bout) {
        int times = sendings * (bout.contestant.name().startsWith(OURS) ? JVM_WARMER : 1);
        bout.round(times, 1, 0);
        bout.round(times, burst, 0);
    }

    /// Removes another vendor's server that loses messages, and all its measurements.
    private void failed(
            ContestantRun bout,
            BenchException why,
            List<Map<String, Double>> played,
            Map<String, Double> fields) {
        var prefix = bout.contestant.name() + ".";
        played.forEach(round -> round.keySet().removeIf(name -> name.startsWith(prefix)));
        fields.keySet().removeIf(name -> name.startsWith(prefix));
        remarks.add("excluded: " + why.getMessage());
        bout.close();
    }

    /// Adds the CPU time of each contestant as a multiple of the first one's single messages in the
    /// same round.
    private static void inUnits(Map<String, Double> fields, List<ContestantRun> bouts) {
        double unit =
                fields.getOrDefault(bouts.getFirst().contestant.name() + ".single.cpuMicros", 0.0);
        if (unit <= 0) {
            return;
        }
        for (var bout : bouts) {
            for (var kind : List.of(".single", ".burst")) {
                var name = bout.contestant.name() + kind;
                var cpu = fields.get(name + ".cpuMicros");
                if (cpu != null) {
                    fields.put(name + ".x", cpu / unit);
                }
            }
        }
        for (var kind : List.of(".single", ".burst")) {
            bouts.stream()
                    .map(bout -> bout.contestant.name())
                    .filter(CompareCommand::isPeer)
                    .map(name -> fields.getOrDefault(name + kind + ".x", 0.0))
                    .filter(x -> x > 0)
                    .min(Double::compare)
                    .ifPresent(best -> ofBestPeer(fields, bouts, kind, best));
        }
    }

    /// Adds our CPU time as a multiple of the best of the other vendors' servers.
    private static void ofBestPeer(
            Map<String, Double> fields, List<ContestantRun> bouts, String kind, double best) {
        for (var bout : bouts) {
            var name = bout.contestant.name();
            var ours = fields.get(name + kind + ".x");
            if (name.startsWith(OURS) && ours != null) {
                fields.put(name + kind + ".xBestPeer", ours / best);
            }
        }
    }

    /// Whether this is another vendor's production server.
    private static boolean isPeer(String name) {
        return !name.startsWith("c-") && !name.startsWith(OURS);
    }

    /// Adds the time from publishing to the last receipt, as multiples of others in the same round:
    /// of a broadcaster of the same topology with io_uring, for the same number of messages and for
    /// one; and of our own server with one event loop.
    private static void lastInUnits(Map<String, Double> fields, String name) {
        for (var kind : List.of(".single", ".burst")) {
            ratio(fields, name + kind + ".lastX", name + kind, RING + kind);
            ratio(fields, name + kind + ".lastXJoined", name + kind, RING_JOINED + kind);
            ratio(fields, name + kind + ".lastXOne", name + kind, RING + ".single");
            if (name.endsWith(TWO_LOOPS)) {
                var one = name.substring(0, name.length() - TWO_LOOPS.length());
                ratio(fields, name + kind + ".lastXOneLoop", name + kind, one + kind);
                LoadMode.ratio(
                        fields,
                        name + kind + ".servedXOneLoop",
                        name + kind + ".served",
                        one + kind + ".served");
            }
        }
    }

    private static void ratio(Map<String, Double> fields, String name, String of, String to) {
        LoadMode.ratio(fields, name, of + ".last", to + ".last");
    }

    private Report report(
            Map<String, String> about,
            List<Map<String, Double>> played,
            List<ContestantRun> bouts,
            List<ResultCheck> checks) {
        var summary = Summary.of(played);
        var plots = new LinkedHashMap<String, String>();
        plots.put("single", plot(summary, ".single.x", "one message at a time"));
        plots.put("burst", plot(summary, ".burst.x", burst + " messages together"));
        plots.put("last", lastPlot(summary));
        return new Report(
                "Fan-out compared: %s, %,d B".formatted(Count.of(receivers, "receiver"), size),
                about,
                played,
                plots,
                table(summary, bouts),
                remarks,
                checks);
    }

    private List<String> table(Summary summary, List<ContestantRun> bouts) {
        var lines = new ArrayList<String>();
        var form = "%-16s %10s %8s %10s %9s   %10s %8s %10s %9s %10s";
        lines.add(
                form.formatted(
                        "",
                        "one: us",
                        "x C",
                        "last ms",
                        "x c-uring",
                        burst + ": us",
                        "x C",
                        "last ms",
                        "x c-uring",
                        "x c-uring-j"));
        for (var bout : bouts) {
            var name = bout.contestant.name();
            lines.add(
                    form.formatted(
                            name,
                            shown(summary, name + ".single.cpuMicros"),
                            shown(summary, name + ".single.x"),
                            shown(summary, name + ".single.last"),
                            shown(summary, name + ".single.lastX"),
                            shown(summary, name + ".burst.cpuMicros"),
                            shown(summary, name + ".burst.x"),
                            shown(summary, name + ".burst.last"),
                            shown(summary, name + ".burst.lastX"),
                            shown(summary, name + ".burst.lastXJoined")));
        }
        return lines;
    }

    private static String shown(Summary summary, String field) {
        return summary.field(field).map(Numbers::show).orElse("-");
    }

    private static String plot(Summary summary, String suffix, String title) {
        return BarPlot.svg(
                "Server CPU per delivery, " + title + " (the C send() loop = 1)",
                bars(summary, suffix),
                true);
    }

    private static String lastPlot(Summary summary) {
        return BarPlot.svg(
                "From publishing one message to its last receipt, ms",
                bars(summary, ".single.last"),
                false);
    }

    private static List<PlotBar> bars(Summary summary, String suffix) {
        return summary.fields().entrySet().stream()
                .filter(e -> e.getKey().endsWith(suffix))
                .map(e ->
                        new PlotBar(
                                e.getKey().substring(0, e.getKey().length() - suffix.length()),
                                e.getValue().value(),
                                e.getValue().min(),
                                e.getValue().max()))
                .sorted((a, b) -> Double.compare(a.value(), b.value()))
                .toList();
    }
}
