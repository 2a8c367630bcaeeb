package io.lockstep.fanout;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.fanout.outbound.TailListener;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads of one group's log for those who are behind: one read for all who stand at the same place, one
/// encoding for each format among them. Confined to the group's home.
final class CatchUpReads {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUpReads.class);

    private static final class Reading {
        final List<TailListener> listeners = new ArrayList<>(1);
        final Backoff backoff = new Backoff();
    }

    private final GroupId group;
    private final FollowerContext context;
    private final Home home;
    private final Runnable doubt;
    private final BiConsumer<FrameFormat, JoinedDeliveries> remember;
    private final Map<Long, Reading> readings = new HashMap<>(2);

    /// @param doubt compares with the log: what it answered does not fit what was followed
    /// @param remember borrows what was read, for those who come to the same place a little later
    CatchUpReads(
            GroupId group,
            FollowerContext context,
            Home home,
            Runnable doubt,
            BiConsumer<FrameFormat, JoinedDeliveries> remember) {
        this.group = group;
        this.context = context;
        this.home = home;
        this.doubt = doubt;
        this.remember = remember;
    }

    void ask(long after, TailListener listener) {
        var underWay = readings.get(after);
        if (underWay != null) {
            underWay.listeners.add(listener);
            return;
        }
        var reading = new Reading();
        reading.listeners.add(listener);
        readings.put(after, reading);
        begin(after);
    }

    private void begin(long after) {
        context.permits().take(() -> read(after));
    }

    /// Ends at a multiple of the count, so that those who fell behind at different places meet.
    private void read(long after) {
        int countMax = context.limits().joinedCountMax();
        int upToMultiple = countMax - (int) (after % countMax);
        context.metrics().catchUpRead();
        context.log()
                .read(group, after, upToMultiple, context.limits().joinedBytesMax())
                .subscribe(
                        outcome -> ended(() -> answered(after, outcome)),
                        failure -> ended(() -> failed(after, failure)));
    }

    private void ended(Runnable task) {
        home.run(() -> {
            context.permits().give();
            task.run();
        });
    }

    private void answered(long after, ReadOutcome outcome) {
        switch (outcome) {
            case ReadOutcome.Entries(_, var entries) -> {
                if (entries.isEmpty() || entries.getFirst().position() != after + 1) {
                    doubt.run();
                    again(after);
                } else {
                    bring(take(after), entries);
                }
            }
            case ReadOutcome.Trimmed(var tail) ->
                    take(after).forEach(listener -> listener.trimmed(after, tail));
            case ReadOutcome.Missing() -> {
                doubt.run();
                again(after);
            }
        }
    }

    private List<TailListener> take(long after) {
        var reading = readings.remove(after);
        return reading == null ? List.of() : reading.listeners;
    }

    private void bring(List<TailListener> listeners, List<LogEntry> entries) {
        var joined = new EnumMap<FrameFormat, JoinedDeliveries>(FrameFormat.class);
        for (var listener : listeners) {
            if (listener.wants()) {
                listener.read(
                        joined.computeIfAbsent(listener.format(), f -> join(f, entries)).retain());
            }
        }
        joined.forEach((format, deliveries) -> {
            remember.accept(format, deliveries);
            deliveries.release();
        });
    }

    private JoinedDeliveries join(FrameFormat format, List<LogEntry> entries) {
        return Deliveries.join(
                format, context.allocator(), group, entries, context.limits().joinedBytesMax());
    }

    private void failed(long after, Throwable failure) {
        LOG.warn("group {}: cannot read after position {}: {}", group, after, failure.toString());
        again(after);
    }

    private void again(long after) {
        var reading = readings.get(after);
        if (reading == null) {
            return;
        }
        reading.listeners.removeIf(listener -> !listener.wants());
        if (reading.listeners.isEmpty()) {
            readings.remove(after);
        } else {
            home.runAfter(reading.backoff.nextMillis(), () -> begin(after));
        }
    }

    void close() {
        readings.clear();
    }
}
