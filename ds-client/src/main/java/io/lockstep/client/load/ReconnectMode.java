package io.lockstep.client.load;

import io.lockstep.client.load.traffic.Order;
import io.lockstep.client.load.traffic.Schedule;
import io.lockstep.client.load.traffic.Sender;
import io.lockstep.client.load.traffic.Stamp;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bench reconnect`.
@Command(
        name = "reconnect",
        description =
                "All members of a group are cut off, miss messages, and come back: how long until each is"
                        + " up to date.",
        mixinStandardHelpOptions = true)
final class ReconnectMode extends Mode {
    private static final int TOGETHER = 32;

    @Option(names = "--receivers", defaultValue = "1000", description = "default: 1000")
    private int receivers = 1000;

    @Option(names = "--missed", defaultValue = "1000", description = "messages (default: 1000)")
    private int missed = 1000;

    @Option(
            names = "--within",
            defaultValue = "5",
            description = "seconds over which they come back (default: 5)")
    private double within = 5;

    private final SplittableRandom random = new SplittableRandom();
    private @Nullable Sender sender;
    private @Nullable MessageSource source;
    private long numbered;

    @Override
    String title() {
        return "Reconnect: %,d members come back within %.1f s, %,d messages of %s B behind"
                .formatted(receivers, within, missed, options.size);
    }

    @Override
    void setUp() {
        var owner = openSenders(1).getFirst();
        sender = owner;
        var group = "storm-" + run + "-";
        var made = MessageSource.synthetic(GroupSetup.id(group + 0));
        source = made;
        GroupSetup.found(owner, group + 0, made, memberNames(0, receivers));
        openFleet(receivers, List.of(new Order.Seats(0, receivers, group, receivers, "storm")), 0);
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        fleet().drop();
        var sent = publishMissed();
        var schedule = new Schedule(Schedule.soon(), receivers / within);
        fleet().begin(schedule.startNanos());
        var probe = Probe.start(servers());
        var open = fleet().reopen(schedule, screen);
        double wall = millis(System.nanoTime() - schedule.startNanos());
        fleet().await(_ -> missed, PATIENCE);
        var seen = fleet().report();
        var fields = new LinkedHashMap<String, Double>();
        fields.put("deliveries", (double) seen.deliveries);
        fields.put("wall", wall);
        latency(fields, "caughtUp", open.latency());
        faults(fields, seen, Math.max(0, (long) missed * receivers - seen.deliveries), sent);
        probe.addTo(fields, seen.deliveries);
        if (counts) {
            overTime("storm", number, seen);
        }
        return fields;
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
