package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Sender.SubmitResult;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.cli.program.Count;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `bench mixed`: small chats with and without broadcasts to a huge group.
@Command(
        name = "mixed",
        description = {
            "Measures small chats alone and during broadcasts to a huge group.",
            "Compares the times of the chats."
        },
        mixinStandardHelpOptions = true)
final class MixedMode extends LoadMode {
    private static final String BROADCAST = "broadcast";

    /// First number of the broadcasts; chats have lower numbers.
    private static final long NUMBERED_FROM = 1L << 40;

    @Option(
            names = "--receivers",
            defaultValue = "1000",
            description = "receivers of the huge group (default: 1000)")
    private int receivers = 1000;

    @Option(names = "--broadcasts", defaultValue = "1", description = "per second (default: 1)")
    private double broadcasts = 1;

    @Option(names = "--chats", defaultValue = "100", description = "small groups (default: 100)")
    private int chatCount = 100;

    @Option(
            names = "--group-size",
            defaultValue = "2",
            description = "receivers of each (default: 2)")
    private int groupSize = 2;

    @Option(
            names = "--rate",
            defaultValue = "200",
            description = "messages per second over all chats (default: 200)")
    private double rate = 200;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description = "length of each half of a round: alone, and with broadcasts (default: 5)")
    private double seconds = 5;

    private @Nullable ChatLoad chats;
    private @Nullable Sender broadcaster;
    private @Nullable MessageSource source;
    private long numbered = NUMBERED_FROM;

    @Override
    String title() {
        return "Mixed: %s at %,.0f messages per second, %.1f broadcasts per second to %,d"
                .formatted(Count.of(chatCount, "chat"), rate, broadcasts, receivers);
    }

    @Override
    void setUp() {
        int members = receivers + chatCount * groupSize;
        var names = memberNames(0, members);
        var senders = openSenders(17);
        var owner = senders.getFirst();
        var group = "huge-" + run + "-";
        broadcaster = owner;
        var made = MessageSource.synthetic(GroupSetup.id(group + 0));
        source = made;
        GroupSetup.found(owner, group + 0, made, names.subList(0, receivers));
        var load =
                new ChatLoad(
                        senders.subList(1, senders.size()),
                        "chat-" + run + "-",
                        chatCount,
                        receivers,
                        groupSize,
                        options.sizes(),
                        options.seed);
        chats = load;
        load.found(screen, names);
        openFleet(
                members,
                receivers,
                List.of(
                        new WorkerRequest.GroupAssignment(
                                0, receivers, group, receivers, BROADCAST),
                        load.seats()),
                SocketBuffers.systems(),
                0);
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        var fields = new LinkedHashMap<String, Double>();
        // The half that comes first comes second in the next round.
        for (int half = 0; half < 2; half++) {
            boolean both = (half + number) % 2 != 0;
            half(fields, both ? "beside" : "alone", both, number, counts);
        }
        for (var name : List.of("p50", "p99", "p999")) {
            var alone = fields.get("alone." + name);
            var beside = fields.get("beside." + name);
            if (alone != null && beside != null) {
                fields.put(name + ".more", beside - alone);
            }
            ratio(fields, name + ".ratio", "beside." + name, "alone." + name);
        }
        return fields;
    }

    private void half(
            Map<String, Double> fields, String name, boolean both, int number, boolean counts) {
        var load = chats;
        if (load == null) {
            throw new IllegalStateException("not set up");
        }
        var schedule = new Schedule(Schedule.soon(), rate);
        double length = secondsOf(counts, seconds);
        fleet().begin(schedule.startNanos());
        var probe = MetricsDelta.start(servers());
        var sha256 = new HashMap<Long, String>();
        var answers = new ArrayList<CompletableFuture<SubmitResult>>();
        var other =
                new Thread(
                        () -> broadcast(schedule.startNanos(), length, sha256, answers), BROADCAST);
        var sent = load.newRound();
        if (both) {
            other.start();
        }
        load.send(sent, schedule, (int) Math.round(rate * length));
        join(other);
        sent.awaitAnswers();
        answers.forEach(a -> GroupSetup.require(Sender.await(a, PATIENCE)));
        long shown = answers.size();
        fleet().await(m -> m < receivers ? shown : sent.expectedOf(m), PATIENCE);
        var seen = fleet().report();
        sha256.putAll(sent.sha256);
        var half = new LinkedHashMap<String, Double>();
        latency(half, name, seen.latency(ChatLoad.KIND));
        if (both) {
            latency(half, BROADCAST, seen.latency(BROADCAST));
        }
        faults(
                half,
                seen,
                Math.max(0, sent.expected() + shown * receivers - seen.deliveries),
                sha256);
        half.put("refused", (double) sent.refused());
        half.forEach((field, value) -> fields.merge(field, value, Double::sum));
        var server = new LinkedHashMap<String, Double>();
        probe.addTo(server, seen.deliveries);
        var cpu = server.get("server.cpuSeconds");
        if (cpu != null) {
            fields.put(name + ".cpuSeconds", cpu);
        }
        if (counts) {
            overTime(both ? BROADCAST : ChatLoad.KIND, number, seen);
        }
    }

    private void broadcast(
            long startNanos,
            double length,
            Map<Long, String> sha256,
            List<CompletableFuture<SubmitResult>> answers) {
        var from = broadcaster;
        var made = source;
        if (from == null || made == null) {
            throw new IllegalStateException("not set up");
        }
        var schedule = new Schedule(startNanos, broadcasts);
        for (int i = 0; i < Math.max(1, Math.round(broadcasts * length)); i++) {
            var stamp = new Stamp(numbered++, schedule.intended(i));
            var message = made.application(stamp, 1024);
            sha256.put(stamp.number(), message.sha256().hex());
            Schedule.awaitNanos(stamp.intendedNanos());
            answers.addAll(from.publish(List.of(message)));
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }
}
