package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.fanout.outbound.TailListener;
import io.lockstep.fanout.tail.EntryRing.PositionRange;
import io.lockstep.log.GroupTail;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.ReadPermits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads one group's log for cursors that are behind. All cursors within one range of positions
/// share one read and one encoding for each format. The result stays in the ring's
/// [CatchUpBufferCache] for cursors that reach these positions later. A read counts against the
/// limit of concurrent reads until all its listeners have delivered its result, so that results
/// that wait to be delivered are subject to the same limit (invariant I7). Confined to the group's
/// home loop.
final class CatchUpReads {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUpReads.class);

    private record ReadWaiter(long after, TailListener listener) {}

    /// One read in progress, or about to be retried.
    private static final class PendingRead {
        final PositionRange range;
        final List<ReadWaiter> waiting = new ArrayList<>(1);
        final LogRetryBackoff backoff = new LogRetryBackoff();

        PendingRead(PositionRange range) {
            this.range = range;
        }
    }

    /// One read's slot under the limit of concurrent reads, held until no listener holds the
    /// result. Thread-safe.
    private static final class ReadSlot {
        private final ReadPermits permits;
        private final AtomicInteger holders = new AtomicInteger(1);

        ReadSlot(ReadPermits permits) {
            this.permits = permits;
        }

        void acquire() {
            holders.incrementAndGet();
        }

        void release() {
            if (holders.decrementAndGet() == 0) {
                permits.give();
            }
        }
    }

    private final GroupFollower follower;
    private final FollowerContext context;
    private final HomeLoop homeLoop;

    /// By the position after which they read.
    private final TreeMap<Long, PendingRead> readings = new TreeMap<>();

    private final VerifiedHeads heads = new VerifiedHeads();

    CatchUpReads(GroupFollower follower, FollowerContext context, HomeLoop homeLoop) {
        this.follower = follower;
        this.context = context;
        this.homeLoop = homeLoop;
    }

    void request(long after, TailListener listener) {
        request(new ReadWaiter(after, listener), false);
    }

    /// @param exactly the range around the position was read, and did not reach the position
    private void request(ReadWaiter waiter, boolean exactly) {
        var ring = follower.ring();
        if (ring == null) {
            throw new IllegalStateException("no cursor is behind before the tail is known");
        }
        var format = waiter.listener.format();
        var cached = ring.catchUpBuffer(waiter.after, format);
        if (cached != null) {
            cached.release();
            waiter.listener.again(waiter.after); // it has arrived since the request
            return;
        }
        var floor = readings.floorEntry(waiter.after);
        if (floor != null && covers(floor.getValue().range, waiter.after, exactly)) {
            floor.getValue().waiting.add(waiter);
            return;
        }
        var reading =
                new PendingRead(unread(ring.toRead(waiter.after, format, exactly), waiter.after));
        reading.waiting.add(waiter);
        readings.put(reading.range.after(), reading);
        begin(reading);
    }

    private static boolean covers(PositionRange range, long after, boolean exactly) {
        return exactly ? range.after() == after : after < range.upTo();
    }

    /// The range without the parts that other reads cover.
    private PositionRange unread(PositionRange range, long after) {
        var before = readings.floorKey(after);
        var behind = readings.higherKey(after);
        return new PositionRange(
                before != null && before >= range.after() ? after : range.after(),
                behind == null ? range.upTo() : Math.min(range.upTo(), behind));
    }

    private void begin(PendingRead reading) {
        context.permits().take(() -> read(reading));
    }

    private void read(PendingRead reading) {
        var range = reading.range;
        int before = readsHeadToo(range) ? 1 : 0;
        var slot = new ReadSlot(context.permits());
        context.metrics().catchUpRead();
        FaultBarrier.answer(() ->
                        context.log()
                                .read(
                                        follower.group(),
                                        range.after() - before,
                                        (int) (range.upTo() - range.after()) + before,
                                        context.limits().joinedBytesMax()))
                .single()
                .subscribe(
                        outcome ->
                                ended(
                                        slot,
                                        () ->
                                                guarded(
                                                        reading,
                                                        () ->
                                                                answered(
                                                                        reading, outcome, before,
                                                                        slot))),
                        failure -> ended(slot, () -> failed(reading, failure)));
    }

    private void ended(ReadSlot slot, Runnable task) {
        boolean runs =
                homeLoop.run(() -> {
                    try {
                        task.run();
                    } finally {
                        slot.release();
                    }
                });
        if (!runs) {
            slot.release();
        }
    }

    /// Treats an exception as an unavailable log and retries. Otherwise the waiting listeners would
    /// wait for ever.
    private void guarded(PendingRead reading, Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            if (readings.get(reading.range.after()) != reading) {
                throw e;
            }
            failed(reading, e);
        }
    }

    /// Whether the read includes the entry before the range. It does if the head of that entry is
    /// unknown: the first entry of the range must continue it.
    private boolean readsHeadToo(PositionRange range) {
        var ring = follower.ring();
        return ring != null
                && range.after() >= Math.max(1, ring.tail().firstRetained())
                && headAt(range.after()).isEmpty();
    }

    private Optional<Bytes> headAt(long position) {
        if (position == 0) {
            return follower.firstHead();
        }
        var ring = follower.ring();
        var followed = ring == null ? Optional.<Bytes>empty() : ring.headAt(position);
        return followed.or(() -> heads.at(position));
    }

    /// @param before the number of entries read from before the range
    private void answered(PendingRead reading, ReadOutcome outcome, int before, ReadSlot slot) {
        long after = reading.range.after();
        if (readings.get(after) != reading) {
            return; // no listener waits for it any more
        }
        if (!follower.isLive()) {
            discardAll(); // it may be of another history (invariant I2)
            return;
        }
        switch (outcome) {
            case ReadOutcome.Entries(_, var entries) -> {
                if (entries.isEmpty() || entries.getFirst().position() != after + 1 - before) {
                    recheck(reading);
                    return;
                }
                var head = before > 0 ? Optional.<Bytes>empty() : headAt(after);
                var broken =
                        HistoryVerifier.firstBroken(
                                follower.group(), after - before, head, entries);
                if (broken.isPresent()) {
                    broken(broken.getAsLong());
                } else if (before > 0 && entries.size() == 1) {
                    heads.put(after, entries.getFirst().head());
                    begin(reading);
                } else if (headsContradict(entries)) {
                    broken(linkBehind(entries.getLast()));
                } else {
                    heads.put(entries.getLast().position(), entries.getLast().head());
                    follower.read(entries);
                    bring(reading, entries.subList(before, entries.size()), slot);
                }
            }
            case ReadOutcome.Trimmed(var tail) -> {
                var ring = follower.ring();
                if (before > 0 && ring != null && tail.firstRetained() <= after + 1) {
                    ring.trimmedTo(tail.firstRetained());
                    begin(reading); // only the entry before the range was trimmed
                } else if (take(reading)) {
                    trimmed(reading, tail);
                }
            }
            case ReadOutcome.LogMissing() -> recheck(reading);
        }
    }

    /// Whether the last entry differs from the followed one.
    private boolean headsContradict(List<LogEntry> entries) {
        var last = entries.getLast();
        return !headAt(last.position()).map(last.head()::equals).orElse(true);
    }

    /// The page is consistent in itself, but the followed entries do not continue it.
    private long linkBehind(LogEntry last) {
        var ring = follower.ring();
        long next = last.position() + 1;
        return ring == null ? next : Math.min(next, ring.tail().last().position());
    }

    /// The first entry that does not continue the one before it. Nothing after it is delivered
    /// (invariant I2).
    private void broken(long position) {
        heads.clear();
        var ring = follower.ring();
        if (ring != null) {
            follower.freezeAt(ring, position);
        }
        discardAll();
    }

    /// The answer contradicts the followed entries.
    private void recheck(PendingRead reading) {
        follower.compare();
        again(reading);
    }

    /// @return false when no listener waits for it any more
    private boolean take(PendingRead reading) {
        return readings.remove(reading.range.after(), reading);
    }

    private void trimmed(PendingRead reading, GroupTail tail) {
        var ring = follower.ring();
        if (ring != null) {
            ring.trimmedTo(tail.firstRetained());
        }
        for (var waiting : reading.waiting) {
            if (waiting.after == reading.range.after()) {
                waiting.listener.trimmed(waiting.after, tail);
            } else {
                request(waiting, true);
            }
        }
    }

    private void bring(PendingRead reading, List<LogEntry> entries, ReadSlot slot) {
        var buffers = new EnumMap<FrameFormat, List<JoinedDeliveries>>(FrameFormat.class);
        var beyond = new ArrayList<ReadWaiter>(0);
        try {
            for (var waiting : reading.waiting) {
                if (waiting.listener.wants()) {
                    buffers.computeIfAbsent(
                            waiting.listener.format(), format -> join(format, entries));
                }
            }
            take(reading);
            context.metrics().catchUpEntries(entries.size());
            for (var waiting : reading.waiting) {
                var ofFormat = buffers.get(waiting.listener.format());
                if (ofFormat != null && !give(waiting, ofFormat, slot)) {
                    beyond.add(waiting);
                }
            }
            buffers.forEach((format, joined) ->
                    joined.forEach(buffer -> follower.remember(format, buffer)));
        } catch (Throwable e) {
            if (readings.get(reading.range.after()) != reading) {
                throw e;
            }
            failed(reading, e); // joining failed, and no listener has got any
        } finally {
            buffers.values().forEach(joined -> joined.forEach(JoinedDeliveries::release));
        }
        beyond.forEach(waiting -> request(waiting, true));
    }

    private List<JoinedDeliveries> join(FrameFormat format, List<LogEntry> entries) {
        return DeliveryFrames.join(
                format,
                context.allocator(),
                follower.group(),
                entries,
                context.limits().joinedBytesMax());
    }

    /// @return false when none of them follows the position
    private static boolean give(ReadWaiter waiting, List<JoinedDeliveries> buffers, ReadSlot slot) {
        for (var buffer : buffers) {
            if (buffer.after() <= waiting.after && waiting.after < buffer.last()) {
                slot.acquire();
                waiting.listener.read(buffer.from(waiting.after).retain(), slot::release);
                return true;
            }
        }
        return false;
    }

    private void failed(PendingRead reading, Throwable failure) {
        LOG.debug(
                "group {}: cannot read after position {}: {}",
                follower.group(),
                reading.range.after(),
                failure.toString());
        again(reading);
    }

    private void again(PendingRead reading) {
        reading.waiting.removeIf(waiting -> !waiting.listener.wants());
        if (reading.waiting.isEmpty()) {
            take(reading);
        } else {
            homeLoop.runAfter(reading.backoff.nextMillis(), () -> retry(reading));
        }
    }

    private void retry(PendingRead reading) {
        if (readings.get(reading.range.after()) == reading) {
            begin(reading);
        }
    }

    /// Discards the reads in progress: their results are not trusted. Listeners that still want
    /// them ask again.
    void discardAll() {
        var given = List.copyOf(readings.values());
        readings.clear();
        for (var reading : given) {
            reading.waiting.forEach(waiting -> waiting.listener.again(waiting.after));
        }
    }

    void close() {
        readings.clear();
    }
}
