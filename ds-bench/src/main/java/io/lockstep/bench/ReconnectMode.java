package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.SizeProfile;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.cli.program.Count;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `bench reconnect`: all members of a group lose their connections and catch up.
@Command(
        name = "reconnect",
        description = {
            "Reconnects all members of a group after they missed messages.",
            "Measures the time until each has caught up."
        },
        mixinStandardHelpOptions = true)
final class ReconnectMode extends LoadMode {
    private static final int TOGETHER = 32;
    private static final String STORM = "storm";

    /// Receive buffer of each reconnecting receiver. The kernel's memory for TCP is one pool for
    /// the whole machine, and the missed messages of all receivers exceed it.
    private static final int RECEIVE_BYTES = 64 << 10;

    @Option(names = "--receivers", defaultValue = "1000", description = "default: 1000")
    private int receivers = 1000;

    @Option(names = "--missed", defaultValue = "1000", description = "messages (default: 1000)")
    private int missed = 1000;

    @Option(
            names = "--within",
            defaultValue = "5",
            description = "seconds over which they reconnect (default: 5)")
    private double within = 5;

    @Option(
            names = "--chats",
            defaultValue = "0",
            description =
                    "small groups of two that chat before and during the reconnects (default: 0)")
    private int chatCount;

    @Option(
            names = "--chat-rate",
            defaultValue = "200",
            description = "messages per second over all chats (default: 200)")
    private double chatRate = 200;

    private final SplittableRandom random = new SplittableRandom();
    private @Nullable Sender sender;
    private @Nullable MessageSource source;
    private @Nullable ChatLoad chats;

    /// First number; the chats have lower numbers.
    private long numbered = 1L << 40;

    @Override
    String title() {
        return "Reconnect: %s within %.1f s, %s of %s B behind"
                .formatted(
                        Count.of(receivers, "member"),
                        within,
                        Count.of(missed, "message"),
                        options.size);
    }

    @Override
    void setUp() {
        int members = receivers + 2 * chatCount;
        var names = memberNames(0, members);
        var senders = openSenders(chatCount > 0 ? 17 : 1);
        var owner = senders.getFirst();
        sender = owner;
        var group = "storm-" + run + "-";
        var made = MessageSource.synthetic(GroupSetup.id(group + 0));
        source = made;
        GroupSetup.found(owner, group + 0, made, names.subList(0, receivers));
        var seats = new ArrayList<WorkerRequest.GroupAssignment>();
        seats.add(new WorkerRequest.GroupAssignment(0, receivers, group, receivers, STORM));
        if (chatCount > 0) {
            var load =
                    new ChatLoad(
                            senders.subList(1, senders.size()),
                            "chat-" + run + "-",
                            chatCount,
                            receivers,
                            2,
                            new SizeProfile.Fixed(300),
                            options.seed);
            chats = load;
            load.found(screen, names);
            seats.add(load.seats());
        }
        openFleet(members, receivers, seats, new SocketBuffers(RECEIVE_BYTES, false, members), 0);
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        fleet().drop(receivers);
        var sent = publishMissed();
        var fields = new LinkedHashMap<String, Double>();
        chatsAlone(fields);
        var schedule = new Schedule(Schedule.soon(), receivers / within);
        fleet().begin(schedule.startNanos());
        var probe = MetricsDelta.start(servers());
        try (var beside = beside(schedule.startNanos())) {
            var open = fleet().reopen(receivers, schedule, screen);
            double wall = millis(System.nanoTime() - schedule.startNanos());
            var chatted = beside.end();
            fleet().await(m -> m < receivers ? missed : chatted.expectedOf(m), PATIENCE);
            var seen = fleet().report();
            sent.putAll(chatted.sha256);
            fields.put("deliveries", (double) seen.deliveries);
            fields.put("wall", wall);
            fields.put("retries", (double) open.retries());
            latency(fields, "caughtUp", open.latency());
            latency(fields, "beside", seen.latency(ChatLoad.KIND));
            ratio(fields, "p99.ratio", "beside.p99", "alone.p99");
            long expected = (long) missed * receivers + chatted.expected();
            faults(fields, seen, Math.max(0, expected - seen.deliveries), sent);
            fields.put("refused", (double) chatted.refused());
            probe.addTo(fields, seen.deliveries);
            if (fields.containsKey(MetricsDelta.CPU)) {
                fields.put(
                        "readsPerEntry",
                        fields.getOrDefault("server.lockstep_fanout_catchup_entries_total", 0.0)
                                / ((double) missed * servers().size()));
            }
            if (counts) {
                overTime(STORM, number, seen);
            }
        }
        return fields;
    }

    /// Runs the chats before the reconnects, for their full length if the round is measured.
    private void chatsAlone(Map<String, Double> fields) {
        if (chats == null) {
            return;
        }
        var schedule = new Schedule(Schedule.soon(), chatRate);
        fleet().begin(schedule.startNanos());
        var sent = chats.newRound();
        chats.send(sent, schedule, (int) Math.max(1, chatRate * within));
        sent.awaitAnswers();
        fleet().await(m -> m < receivers ? 0 : sent.expectedOf(m), PATIENCE);
        latency(fields, "alone", fleet().report().latency(ChatLoad.KIND));
    }

    private BackgroundChats beside(long startNanos) {
        return new BackgroundChats(chats, new Schedule(startNanos, chatRate));
    }

    /// Runs chats on a separate thread until all members have caught up.
    private static final class BackgroundChats implements AutoCloseable {
        private final ChatLoad.ChatRound sent;
        private final Thread thread;
        private volatile boolean over;

        BackgroundChats(@Nullable ChatLoad load, Schedule schedule) {
            var chats = load == null ? ChatLoad.none() : load;
            sent = chats.newRound();
            int most = load == null ? 0 : Integer.MAX_VALUE;
            thread =
                    Thread.ofPlatform()
                            .name(ChatLoad.KIND)
                            .start(() -> chats.send(sent, schedule, most, () -> over));
        }

        ChatLoad.ChatRound end() {
            close();
            sent.awaitAnswers();
            return sent;
        }

        @Override
        public void close() {
            over = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
        }
    }

    private Map<Long, String> publishMissed() {
        var from = sender;
        var made = source;
        if (from == null || made == null) {
            throw new IllegalStateException("not set up");
        }
        var sent = new HashMap<Long, String>();
        var sizes = options.sizes();
        for (int done = 0; done < missed; done += TOGETHER) {
            var batch = new ArrayList<Bytes>();
            for (int i = done; i < Math.min(missed, done + TOGETHER); i++) {
                var stamp = new Stamp(numbered++, System.nanoTime());
                var message = made.application(stamp, sizes.next(random));
                sent.put(stamp.number(), message.sha256().hex());
                batch.add(message);
            }
            from.publish(batch).forEach(a -> GroupSetup.require(Sender.await(a, PATIENCE)));
        }
        return sent;
    }
}
