package io.lockstep.fanout;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.log.EntryKind;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The newest entries of one group, each encoded at most once per format, and the buffers that were
/// joined of them last. Holds the positions `first ≤ p < first + count`, which end at the tail.
///
/// Threads: *thread-safe*; each method takes the ring's lock for as long as it copies bytes, and tells the
/// budget after it has left it.
final class EntryRing {
    private static final int SMALLEST = 16;

    private static final class Slot {
        final LogEntry entry;
        final long epochAfter;
        final Map<FrameFormat, ByteBuf> frames = new EnumMap<>(FrameFormat.class);
        int bytes;

        Slot(LogEntry entry, long epochAfter) {
            this.entry = entry;
            this.epochAfter = epochAfter;
            bytes = entry.message().size() + FanoutLimits.ENTRY_OVERHEAD_BYTES;
        }
    }

    private final GroupId group;
    private final FanoutLimits limits;
    private final ByteBufAllocator allocator;
    private final RingBudget budget;
    private final RecentJoins joins = new RecentJoins();

    /// By position, modulo the length, which is a power of two.
    private @Nullable Slot[] slots;

    private long first;
    private int count;
    private long slotBytes;

    /// What the budget was told.
    private long reportedBytes;

    private boolean closed;
    private volatile GroupTail tail;

    EntryRing(
            GroupId group,
            GroupTail tail,
            FanoutLimits limits,
            ByteBufAllocator allocator,
            RingBudget budget) {
        this.group = group;
        this.tail = tail;
        this.limits = limits;
        this.allocator = allocator;
        this.budget = budget;
        slots = new @Nullable Slot[Math.min(SMALLEST, limits.ringEntriesMax())];
        first = tail.position() + 1;
    }

    GroupTail tail() {
        return tail;
    }

    /// Takes the entry after the tail.
    void append(LogEntry entry) {
        long change;
        synchronized (this) {
            if (entry.position() != tail.position() + 1) {
                throw new IllegalStateException(
                        "entry " + entry.position() + " after the tail " + tail.position());
            }
            long epoch = entry.kind() == EntryKind.COMMIT ? entry.epoch() + 1 : tail.epoch();
            tail = tailAfter(entry, epoch);
            if (closed) {
                return;
            }
            makeRoom();
            var slot = new Slot(entry, epoch);
            slots[slotOf(entry.position())] = slot;
            count++;
            slotBytes += slot.bytes;
            // The newest entry stays, whatever its size.
            while (slotBytes > limits.ringBytesMax() && count > 1) {
                dropFirst();
            }
            change = unreported();
        }
        budget.changed(this, change);
    }

    private GroupTail tailAfter(LogEntry entry, long epochAfter) {
        var place = new LogPosition(tail.last().incarnation(), entry.position(), entry.head());
        return new GroupTail(place, epochAfter, tail.firstRetained());
    }

    private int slotOf(long position) {
        return (int) position & (slots.length - 1);
    }

    private Slot slot(long position) {
        var slot = slots[slotOf(position)];
        if (slot == null) {
            throw new IllegalStateException("the ring does not hold position " + position);
        }
        return slot;
    }

    private void makeRoom() {
        if (count < slots.length) {
            return;
        }
        if (slots.length >= limits.ringEntriesMax()) {
            dropFirst();
            return;
        }
        var before = slots;
        slots = new @Nullable Slot[2 * before.length];
        for (long p = first; p < first + count; p++) {
            slots[slotOf(p)] = before[(int) p & (before.length - 1)];
        }
    }

    private void dropFirst() {
        var slot = slot(first);
        slots[slotOf(first)] = null;
        first++;
        count--;
        slotBytes -= slot.bytes;
        slot.frames.values().forEach(ByteBuf::release);
    }

    /// The log's tail is elsewhere: what lies between was never seen here.
    void restartAt(GroupTail elsewhere) {
        long change;
        synchronized (this) {
            change = clear();
            tail = elsewhere;
            first = elsewhere.position() + 1;
        }
        budget.changed(this, change);
    }

    /// The log no longer holds what is before this position.
    synchronized void trimmedTo(long firstRetained) {
        if (firstRetained > tail.firstRetained()) {
            tail = new GroupTail(tail.last(), tail.epoch(), firstRetained);
        }
    }

    /// Gives up all memory. The tail stays known.
    void evict() {
        long change;
        synchronized (this) {
            change = clear();
        }
        budget.emptied(this, change);
    }

    void close() {
        long change;
        synchronized (this) {
            closed = true;
            change = clear();
        }
        budget.emptied(this, change);
    }

    /// Forgets the joined buffers: nobody has asked for the same again.
    void dropJoins() {
        long change;
        synchronized (this) {
            joins.clear();
            change = unreported();
        }
        budget.changed(this, change);
    }

    private long clear() {
        joins.clear();
        while (count > 0) {
            dropFirst();
        }
        slots = new @Nullable Slot[Math.min(SMALLEST, limits.ringEntriesMax())];
        return unreported();
    }

    private long unreported() {
        long bytes = slotBytes + joins.bytes();
        long change = bytes - reportedBytes;
        reportedBytes = bytes;
        return change;
    }

    /// Deliveries after a position: as many as there are and as fit in one buffer.
    ///
    /// @return with one reference, the caller's; null when the first of them is not in the ring
    @Nullable JoinedDeliveries joined(long after, FrameFormat format) {
        long change;
        JoinedDeliveries result;
        synchronized (this) {
            if (count == 0 || after + 1 < first || after >= tail.position()) {
                return null;
            }
            var known = known(after, format);
            result = known == null ? join(after, format) : known.retain();
            change = unreported();
        }
        budget.changed(this, change);
        return result;
    }

    /// One that was joined before, unless there is more to join by now.
    private @Nullable JoinedDeliveries known(long after, FrameFormat format) {
        for (var join : joins.of(format)) {
            if (join.after() == after
                    && (join.last() == tail.position() || !fits(join, join.last() + 1, format))) {
                return join;
            }
        }
        return null;
    }

    private boolean fits(JoinedDeliveries join, long next, FrameFormat format) {
        return join.count() < limits.joinedCountMax()
                && join.bytes() + frame(next, format).readableBytes() <= limits.joinedBytesMax();
    }

    private JoinedDeliveries join(long after, FrameFormat format) {
        var entries = new ArrayList<LogEntry>();
        var frames = new ArrayList<ByteBuf>();
        int bytes = 0;
        for (long p = after + 1; p <= tail.position(); p++) {
            var frame = frame(p, format);
            bytes += frame.readableBytes();
            boolean full =
                    frames.size() == limits.joinedCountMax() || bytes > limits.joinedBytesMax();
            if (full && !frames.isEmpty()) {
                break;
            }
            entries.add(slot(p).entry);
            frames.add(frame);
        }
        var last = entries.getLast();
        var tailThen = tailAfter(last, slot(last.position()).epochAfter);
        var join = JoinedDeliveries.join(allocator, entries, frames, tailThen);
        if (join.count() > 1) {
            joins.keep(format, join);
        }
        return join;
    }

    /// Borrowed from the ring.
    private ByteBuf frame(long position, FrameFormat format) {
        var slot = slot(position);
        var known = slot.frames.get(format);
        if (known != null) {
            return known;
        }
        var frame = Deliveries.encode(format, allocator, group, slot.entry);
        slot.frames.put(format, frame);
        slot.bytes += frame.readableBytes();
        slotBytes += frame.readableBytes();
        return frame;
    }
}
