package io.lockstep.bench;

import io.lockstep.bench.report.Numbers;
import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.cli.program.Count;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The command `bench fanout`: one sender, one group, many receivers.
@Command(
        name = "fanout",
        description = {
            "Sends to one group with many receivers.",
            "Measures the time to the first and to the last receipt."
        },
        mixinStandardHelpOptions = true)
final class FanoutMode extends LoadMode {
    private static final String BROADCAST = "broadcast";

    /// Receive buffer of a receiver that stops reading. A larger one could absorb all messages, and
    /// the server would not notice.
    private static final int STALLING_RECEIVE_BYTES = 16 << 10;

    private static final String BEHIND = "lockstep_fanout_sessions_behind";

    /// How long the capacity is measured.
    private static final Duration MEASURING = Duration.ofSeconds(10);

    @Option(names = "--receivers", defaultValue = "1000", description = "default: 1000")
    private int receivers = 1000;

    @Option(
            names = "--messages",
            defaultValue = "10",
            description = "sendings in a round, each of --burst messages (default: 10)")
    private int messages = 10;

    @Option(
            names = "--burst",
            defaultValue = "1",
            description = "messages submitted together (default: 1)")
    private int burst = 1;

    @Option(
            names = "--rate",
            defaultValue = "2",
            description = "sendings per second, independent of earlier ones (default: 2)")
    private double rate = 2;

    @Option(
            names = "--load",
            defaultValue = "0",
            paramLabel = "SHARE",
            description = {
                "instead of --rate: this share of the capacity (0.7). The capacity is measured",
                "after the warm-up: sendings per second when each starts as soon as all receivers",
                "have the previous one"
            })
    private double load;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Option(
            names = "--stalled",
            defaultValue = "0",
            description = {
                "this many receivers stop reading in one half of each round (`stalled.`; the",
                "other: `reading.`), then continue and must get everything"
            })
    private int stalled;

    private @Nullable BroadcastSender broadcast;
    private @Nullable MessageSource source;
    private double capacity;

    @Override
    String title() {
        return "Fan-out: 1 sender, %s, %s B, %d together, %s per second"
                .formatted(
                        Count.of(receivers, "receiver"), options.size, burst, Numbers.show(rate));
    }

    @Override
    void setUp() {
        var owner = openSenders(1).getFirst();
        var prefix = engine.groupPrefix("fanout-" + run + "-");
        var made = engine.source(prefix + 0, screen::say);
        source = made;
        broadcast = new BroadcastSender(owner, made, options.sizes(), options.seed, 0);
        GroupSetup.found(owner, prefix + 0, made, memberNames(0, receivers));
        openFleet(
                receivers,
                receivers,
                List.of(
                        new WorkerRequest.GroupAssignment(
                                0, receivers, prefix, receivers, BROADCAST)),
                new SocketBuffers(STALLING_RECEIVE_BYTES, true, stalled),
                0);
    }

    private BroadcastSender broadcast() {
        if (broadcast == null) {
            throw new IllegalStateException("not set up");
        }
        return broadcast;
    }

    @Override
    void beforeCounting() {
        if (load > 0) {
            capacity = measureCapacity();
            rate = load * capacity;
            screen.say(
                    "capacity %s sendings per second; at %s of it: %s"
                            .formatted(
                                    Numbers.show(capacity),
                                    Numbers.show(load),
                                    Numbers.show(rate)));
        }
    }

    /// Returns the sendings per second when each starts as soon as all receivers have the previous
    /// one.
    private double measureCapacity() {
        long start = System.nanoTime();
        fleet().begin(start);
        var sent = broadcast().newRound();
        int sendings = 0;
        while (System.nanoTime() - start < MEASURING.toNanos()) {
            broadcast().send(sent, new Schedule(System.nanoTime(), 0), 1, burst);
            sendings++;
            long each = (long) sendings * burst;
            long missing = fleet().await(_ -> each, PATIENCE);
            if (missing > 0) {
                throw new BenchException(
                        "no capacity: %,d deliveries are missing".formatted(missing));
            }
        }
        sent.awaitAnswers(this::remark);
        return sendings * 1e9 / (System.nanoTime() - start);
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        var fields = new LinkedHashMap<String, Double>();
        if (load > 0 && counts) {
            fields.put("capacityPerSecond", capacity);
            fields.put("ratePerSecond", rate);
        }
        if (stalled == 0) {
            fields.putAll(leg("", 0, number, counts));
            return fields;
        }
        // The half that comes first comes second in the next round.
        for (int half = 0; half < 2; half++) {
            boolean stalls = (half + number) % 2 != 0;
            var leg = leg(stalls ? "stalled" : "reading", stalls ? stalled : 0, number, counts);
            leg.forEach(
                    (name, value) -> fields.put((stalls ? "stalled." : "reading.") + name, value));
        }
        for (var name : List.of("p50", "p99", "last.p50", "last.p99")) {
            ratio(fields, name + ".ratio", "stalled." + name, "reading." + name);
        }
        return fields;
    }

    /// @param asleep number of receivers that stop reading and continue at the end
    private Map<String, Double> leg(String name, int asleep, int number, boolean counts) {
        var schedule = new Schedule(Schedule.soon(), rate);
        fleet().begin(schedule.startNanos());
        fleet().stall(asleep);
        var probe = MetricsDelta.start(servers());
        var sent = broadcast().newRound();
        var behind = new GaugeMaximum(servers(), BEHIND);
        int sendings =
                counts && options.length.isPresent()
                        ? (int) Math.max(1, Math.round(rate * secondsOf(true, 0)))
                        : messages;
        long good;
        try (behind) {
            if (stalled > 0) {
                behind.watch();
            }
            broadcast().send(sent, schedule, sendings, burst);
            sent.awaitAnswers(this::remark);
            good = sent.good();
            fleet().await(member -> member < asleep ? 0 : good, PATIENCE);
        }
        var seen = fleet().report();
        var server = new LinkedHashMap<String, Double>();
        probe.addTo(server, seen.deliveries);
        var fields = new LinkedHashMap<String, Double>();
        fill(fields, name, seen, good);
        latency(fields, named(name, "accepted"), "accepted", sent.accepted);
        fields.put("refused", (double) sent.refused);
        var all = seen;
        if (asleep > 0) {
            all = wakeUp(fields, good);
        }
        faults(fields, all, Math.max(0, good * receivers - all.deliveries), sent.sha256);
        fields.merge("faults", (double) sent.unreadable(), Double::sum);
        fields.putAll(server);
        behind.most().ifPresent(most -> fields.put("behindMost", most));
        if (counts) {
            overTime(named(name, BROADCAST), number, seen);
        }
        return fields;
    }

    /// Lets the stalled receivers continue. They must get everything that they missed.
    private RoundResult wakeUp(Map<String, Double> fields, long good) {
        long start = System.nanoTime();
        fleet().stall(0);
        fleet().await(_ -> good, PATIENCE);
        fields.put("caughtUp", millis(System.nanoTime() - start));
        return fleet().report();
    }

    private static String named(String leg, String what) {
        return leg.isEmpty() ? what : leg + "." + what;
    }

    private void fill(Map<String, Double> fields, String name, RoundResult seen, long good) {
        fields.put("messages", (double) good);
        fields.put("deliveries", (double) seen.deliveries);
        latency(fields, name, "", seen.latency(BROADCAST));
        var first = new Histogram(3);
        var last = new Histogram(3);
        long end = 0;
        long begin = Long.MAX_VALUE;
        for (var message : seen.messages()) {
            if (message.intendedNanos != 0) {
                first.recordValue(Math.max(0, message.firstNanos - message.intendedNanos));
                last.recordValue(Math.max(0, message.lastNanos - message.intendedNanos));
                end = Math.max(end, message.lastNanos);
                begin = Math.min(begin, message.intendedNanos);
            }
        }
        latency(fields, named(name, "first"), "first", first);
        latency(fields, named(name, "last"), "last", last);
        if (end > begin) {
            fields.put("wall", millis(end - begin));
            fields.put("deliveriesPerSecond", seen.deliveries * 1e9 / (end - begin));
        }
        fields.put("client.cpuSeconds", seen.clientCpuSeconds);
    }

    @Override
    void close() {
        if (source != null) {
            source.close();
        }
    }
}
