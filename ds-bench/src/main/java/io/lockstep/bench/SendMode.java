package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.cli.program.Count;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `bench send`: messages to many small groups at a rate.
@Command(
        name = "send",
        description = {
            "Sends to many small groups at a rate.",
            "Measures the time to acceptance and to receipt."
        },
        mixinStandardHelpOptions = true)
final class SendMode extends LoadMode {
    @Option(names = "--groups", defaultValue = "100", description = "default: 100")
    private int groups = 100;

    @Option(
            names = "--group-size",
            defaultValue = "2",
            description = "receivers of each (default: 2)")
    private int groupSize = 2;

    @Option(names = "--senders", defaultValue = "16", description = "connections (default: 16)")
    private int senders = 16;

    @Option(
            names = "--rate",
            defaultValue = "1000",
            description = "messages per second over all groups (default: 1000)")
    private double rate = 1000;

    @Option(names = "--seconds", defaultValue = "5", description = "length of a round (default: 5)")
    private double seconds = 5;

    private @Nullable ChatLoad chats;

    @Override
    String title() {
        return "Send: %s of %s, %,.0f messages per second, %s B"
                .formatted(
                        Count.of(groups, "group"),
                        Count.of(groupSize, "receiver"),
                        rate,
                        options.size);
    }

    @Override
    void setUp() {
        int members = groups * groupSize;
        var load =
                new ChatLoad(
                        openSenders(senders),
                        "chat-" + run + "-",
                        groups,
                        0,
                        groupSize,
                        options.sizes(),
                        options.seed);
        chats = load;
        load.found(screen, memberNames(0, members));
        openFleet(members, List.of(load.seats()), 0);
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        var load = chats;
        if (load == null) {
            throw new IllegalStateException("not set up");
        }
        var schedule = new Schedule(Schedule.soon(), rate);
        fleet().begin(schedule.startNanos());
        var probe = MetricsDelta.start(servers());
        var sent = load.newRound();
        load.send(sent, schedule, (int) Math.round(rate * secondsOf(counts, seconds)));
        sent.awaitAnswers();
        long sentEnd = System.nanoTime();
        fleet().await(sent::expectedOf, PATIENCE);
        var seen = fleet().report();
        var fields = new LinkedHashMap<String, Double>();
        fields.put("messages", (double) sent.accepted.getTotalCount() - sent.refused());
        fields.put(
                "messagesPerSecond",
                sent.accepted.getTotalCount() * 1e9 / (sentEnd - schedule.startNanos()));
        fields.put("deliveries", (double) seen.deliveries);
        latency(fields, "", seen.latency(ChatLoad.KIND));
        latency(fields, "accepted", sent.accepted);
        fields.put("refused", (double) sent.refused());
        faults(fields, seen, Math.max(0, sent.expected() - seen.deliveries), sent.sha256);
        probe.addTo(fields, seen.deliveries);
        if (counts) {
            overTime(ChatLoad.KIND, number, seen);
        }
        return fields;
    }
}
