package io.lockstep.fanout.tail;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.fanout.outbound.LiveDeliveries;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
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
            bytes = entry.heldBytes() + FanoutLimits.ENTRY_OVERHEAD_BYTES;
        }
    }

    private final GroupId group;
    private final FanoutLimits limits;
    private final ByteBufAllocator allocator;
    private final RingBudget budget;

    /// Of entries in the ring, for those who are live, or about to be.
    private final RecentJoins joins = new RecentJoins();

    /// For those who are behind, of entries in the ring and of older ones that were read from the log.
    private final Pieces pieces;

    /// By position, modulo the length, which is a power of two.
    private @Nullable Slot[] slots;

    private long first;

    /// The head at the position before `first`.
    private Bytes headBefore;

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
        pieces = new Pieces(limits.piecesBytesMax());
        slots = new @Nullable Slot[Math.min(SMALLEST, limits.ringEntriesMax())];
        first = tail.position() + 1;
        headBefore = tail.last().head();
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
            long epoch = entry.kind() == ContentType.COMMIT ? entry.epoch() + 1 : tail.epoch();
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
        headBefore = slot.entry.head();
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
            headBefore = elsewhere.last().head();
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

    /// Forgets what nobody who is behind has asked for since this was last called.
    ///
    /// @return whether anything is left
    boolean dropUnusedPieces() {
        long change;
        boolean left;
        synchronized (this) {
            pieces.dropUnused();
            left = !pieces.isEmpty();
            change = unreported();
        }
        budget.changed(this, change);
        return left;
    }

    private long clear() {
        joins.clear();
        pieces.clear();
        while (count > 0) {
            dropFirst();
        }
        slots = new @Nullable Slot[Math.min(SMALLEST, limits.ringEntriesMax())];
        return unreported();
    }

    private long unreported() {
        long bytes = slotBytes + joins.bytes() + pieces.bytes();
        long change = bytes - reportedBytes;
        reportedBytes = bytes;
        return change;
    }

    /// Deliveries after a position, of entries in the ring: as many as there are and as fit in one buffer.
    ///
    /// @return with one reference, the caller's; null when the first of them is not in the ring
    @Nullable LiveDeliveries live(long after, FrameFormat format) {
        long change;
        LiveDeliveries result;
        synchronized (this) {
            if (!holds(after + 1)) {
                return null;
            }
            var deliveries = fromRing(after, format, Long.MAX_VALUE);
            var last = slot(deliveries.last());
            result = new LiveDeliveries(deliveries, tailAfter(last.entry, last.epochAfter));
            change = unreported();
        }
        budget.changed(this, change);
        return result;
    }

    /// Deliveries after a position, also of what was read from the log a moment ago.
    ///
    /// @return with one reference, the caller's; null when they are not in memory
    @Nullable JoinedDeliveries joined(long after, FrameFormat format) {
        long change;
        JoinedDeliveries result;
        synchronized (this) {
            var known = pieces.after(after, format);
            if (known == null && !holds(after + 1)) {
                return null;
            }
            result = known == null ? pieceFromRing(after, format) : known.retain();
            change = unreported();
        }
        budget.used(this, change);
        return result;
    }

    /// Up to where those stop who come from elsewhere, so that all go on together from there.
    private JoinedDeliveries pieceFromRing(long after, FrameFormat format) {
        long multiple = limits.nextMultiple(after);
        long upTo = Math.min(multiple, pieces.nextFrom(after, format));
        if (tail.position() < upTo) {
            return fromRing(after, format, upTo);
        }
        long start = multiple - limits.joinedCountMax();
        if (holds(start + 1) && !pieces.touches(start, upTo, format)) {
            var whole = join(start, format, upTo);
            pieces.keep(format, whole);
            if (whole.last() > after) {
                return whole.from(after);
            }
            whole.release();
        }
        var piece = join(after, format, upTo);
        pieces.keep(format, piece);
        return piece;
    }

    private JoinedDeliveries fromRing(long after, FrameFormat format, long upTo) {
        var known = joins.after(after, format);
        if (known != null && !canGrow(known, format, upTo)) {
            return known.retain();
        }
        var join = join(after, format, upTo);
        if (join.count() > 1) {
            joins.keep(format, join);
        }
        return join;
    }

    /// What a read for those at a position should bring: the stretch that it lies in, up to what is in
    /// memory, so that others find it whole.
    ///
    /// @param exactly nothing before the position itself
    Stretch toRead(long after, FrameFormat format, boolean exactly) {
        synchronized (this) {
            long multiple = limits.nextMultiple(after);
            long start = Math.max(multiple - limits.joinedCountMax(), tail.firstRetained() - 1);
            boolean whole = !exactly && start < after && !pieces.touches(start, after, format);
            long upTo = Math.min(multiple, pieces.nextFrom(after, format));
            long inRing = count == 0 ? Long.MAX_VALUE : first - 1;
            return new Stretch(whole ? start : after, Math.max(after + 1, Math.min(upTo, inRing)));
        }
    }

    /// Positions `after < p ≤ upTo`.
    record Stretch(long after, long upTo) {}

    /// The head at a position, as it was followed; empty where that is not in memory.
    synchronized Optional<Bytes> headAt(long position) {
        if (position == first - 1) {
            return Optional.of(headBefore);
        }
        return holds(position) ? Optional.of(slot(position).entry.head()) : Optional.empty();
    }

    private boolean holds(long position) {
        return count > 0 && position >= first && position <= tail.position();
    }

    /// Whether there is more to join by now.
    private boolean canGrow(JoinedDeliveries join, FrameFormat format, long upTo) {
        return join.last() < upTo
                && holds(join.last() + 1)
                && join.count() < limits.joinedCountMax()
                && join.bytes() + frame(join.last() + 1, format).readableBytes()
                        <= limits.joinedBytesMax();
    }

    /// Keeps for others what was read from the log for some.
    ///
    /// @param join borrowed
    void remember(FrameFormat format, JoinedDeliveries join) {
        long change;
        synchronized (this) {
            if (closed) {
                return;
            }
            pieces.keep(format, join);
            change = unreported();
        }
        budget.changed(this, change);
    }

    private JoinedDeliveries join(long after, FrameFormat format, long upTo) {
        var entries = new ArrayList<LogEntry>();
        var frames = new ArrayList<ByteBuf>();
        int bytes = 0;
        for (long p = after + 1; p <= Math.min(tail.position(), upTo); p++) {
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
        return JoinedDeliveries.join(allocator, entries, frames);
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
