package io.lockstep.fanout.tail;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.fanout.outbound.LiveDeliveries;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A ring of the newest entries of one group, each encoded at most once per format, and of the
/// buffers joined from them last. Holds the positions `first ≤ p < first + count`, which end at the
/// tail.
///
/// Threads: *thread-safe*. Each method holds the ring's lock while it copies bytes, and calls the
/// budget after it has released the lock.
final class EntryRing {
    private static final int SMALLEST = 16;

    private static final class RingSlot {
        final LogEntry entry;
        final long epochAfter;
        final Map<FrameFormat, ByteBuf> frames = new EnumMap<>(FrameFormat.class);
        int bytes;

        RingSlot(LogEntry entry, long epochAfter) {
            this.entry = entry;
            this.epochAfter = epochAfter;
            bytes = entry.heldBytes() + FanoutLimits.ENTRY_OVERHEAD_BYTES;
        }
    }

    private final GroupId group;
    private final FanoutLimits limits;
    private final ByteBufAllocator allocator;
    private final RingBudget budget;

    /// Joined buffers of entries in the ring, for cursors at the tail, or almost there.
    private final LiveBufferCache liveBuffers = new LiveBufferCache();

    /// Joined buffers for cursors that are behind: of entries in the ring, and of older ones read
    /// from the log.
    private final CatchUpBufferCache catchUpBuffers;

    /// Indexed by position, modulo the length, which is a power of two.
    private @Nullable RingSlot[] slots;

    private long first;

    /// The head at the position before `first`.
    private Bytes headBefore;

    private int count;
    private long slotBytes;

    /// The bytes last reported to the budget.
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
        catchUpBuffers = new CatchUpBufferCache(limits.catchUpBuffersBytesMax());
        slots = new @Nullable RingSlot[Math.min(SMALLEST, limits.ringEntriesMax())];
        first = tail.position() + 1;
        headBefore = tail.last().head();
    }

    GroupTail tail() {
        return tail;
    }

    /// Appends the entry after the tail.
    void append(LogEntry entry) {
        long change;
        synchronized (this) {
            if (entry.position() != tail.position() + 1) {
                throw new IllegalStateException(
                        "entry " + entry.position() + " after the tail " + tail.position());
            }
            long epoch = entry.epochAfter(tail.epoch());
            tail = tailAfter(entry, epoch);
            if (closed) {
                return;
            }
            makeRoom();
            var slot = new RingSlot(entry, epoch);
            slots[slotOf(entry.position())] = slot;
            count++;
            slotBytes += slot.bytes;
            // The newest entry stays, regardless of its size.
            while (slotBytes > limits.ringBytesMax() && count > 1) {
                dropFirst();
            }
            assert invariants();
            change = unreported();
        }
        budget.changed(this, change);
    }

    private GroupTail tailAfter(LogEntry entry, long epochAfter) {
        var last = new LogPosition(tail.last().incarnation(), entry.position(), entry.head());
        return new GroupTail(last, epochAfter, tail.firstRetained());
    }

    private int slotOf(long position) {
        return (int) position & (slots.length - 1);
    }

    private RingSlot slot(long position) {
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
        slots = new @Nullable RingSlot[2 * before.length];
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

    /// The log's tail is at another position. This ring has not seen the entries before it.
    void restartAt(GroupTail elsewhere) {
        long change;
        synchronized (this) {
            change = clear();
            tail = elsewhere;
            first = elsewhere.position() + 1;
            headBefore = elsewhere.last().head();
            assert invariants();
        }
        budget.changed(this, change);
    }

    /// The log no longer retains the entries before this position.
    synchronized void trimmedTo(long firstRetained) {
        if (firstRetained > tail.firstRetained()) {
            tail = new GroupTail(tail.last(), tail.epoch(), firstRetained);
        }
    }

    /// Releases all memory. The tail stays known.
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

    /// Evicts the joined buffers. No cursor has requested them again.
    void evictLiveBuffers() {
        long change;
        synchronized (this) {
            liveBuffers.clear();
            change = unreported();
        }
        budget.changed(this, change);
    }

    /// Evicts catch-up buffers that were not used since the previous call.
    ///
    /// @return whether any are left
    boolean evictUnusedBuffers() {
        long change;
        boolean remain;
        synchronized (this) {
            catchUpBuffers.evictUnused();
            remain = !catchUpBuffers.isEmpty();
            change = unreported();
        }
        budget.changed(this, change);
        return remain;
    }

    private long clear() {
        liveBuffers.clear();
        catchUpBuffers.clear();
        while (count > 0) {
            dropFirst();
        }
        slots = new @Nullable RingSlot[Math.min(SMALLEST, limits.ringEntriesMax())];
        return unreported();
    }

    private long unreported() {
        long bytes = slotBytes + liveBuffers.bytes() + catchUpBuffers.bytes();
        long change = bytes - reportedBytes;
        reportedBytes = bytes;
        return change;
    }

    /// Deliveries of ring entries after a position: as many as there are and as fit in one buffer.
    ///
    /// @return with one reference, which the caller releases; null when the first of them is not in
    ///     the ring
    @Nullable LiveDeliveries liveBuffer(long after, FrameFormat format) {
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

    /// Deliveries after a position, from the ring or from a recent read of the log.
    ///
    /// @return with one reference, which the caller releases; null when they are not in memory
    @Nullable JoinedDeliveries catchUpBuffer(long after, FrameFormat format) {
        long change;
        JoinedDeliveries result;
        synchronized (this) {
            var cached = catchUpBuffers.after(after, format);
            if (cached == null && !holds(after + 1)) {
                return null;
            }
            result = cached == null ? bufferFromRing(after, format) : cached.retain();
            change = unreported();
        }
        budget.used(this, change);
        return result;
    }

    /// Ends at the same positions as buffers from other sources, so that cursors continue together
    /// from there.
    private JoinedDeliveries bufferFromRing(long after, FrameFormat format) {
        long multiple = limits.nextMultiple(after);
        long upTo = Math.min(multiple, catchUpBuffers.nextFrom(after, format));
        if (tail.position() < upTo) {
            return fromRing(after, format, upTo);
        }
        long start = multiple - limits.joinedCountMax();
        if (holds(start + 1) && !catchUpBuffers.touches(start, upTo, format)) {
            var whole = join(start, format, upTo);
            catchUpBuffers.add(format, whole);
            if (whole.last() > after) {
                return whole.from(after);
            }
            whole.release();
        }
        var buffer = join(after, format, upTo);
        catchUpBuffers.add(format, buffer);
        return buffer;
    }

    private JoinedDeliveries fromRing(long after, FrameFormat format, long upTo) {
        var cached = liveBuffers.after(after, format);
        if (cached != null && !canGrow(cached, format, upTo)) {
            return cached.retain();
        }
        var join = join(after, format, upTo);
        if (join.count() > 1) {
            liveBuffers.add(format, join);
        }
        return join;
    }

    /// The range that a read for cursors at a position covers: the aligned range that contains
    /// the position, up to entries in memory, so that other cursors find it complete.
    ///
    /// @param exactly start at the position itself
    PositionRange toRead(long after, FrameFormat format, boolean exactly) {
        synchronized (this) {
            long multiple = limits.nextMultiple(after);
            long start = Math.max(multiple - limits.joinedCountMax(), tail.firstRetained() - 1);
            boolean whole =
                    !exactly && start < after && !catchUpBuffers.touches(start, after, format);
            long upTo = Math.min(multiple, catchUpBuffers.nextFrom(after, format));
            long inRing = count == 0 ? Long.MAX_VALUE : first - 1;
            return new PositionRange(
                    whole ? start : after, Math.max(after + 1, Math.min(upTo, inRing)));
        }
    }

    /// The positions `after < p ≤ upTo`.
    record PositionRange(long after, long upTo) {}

    /// The head at a position as it was followed; empty where it is not in memory.
    synchronized Optional<Bytes> headAt(long position) {
        if (position == first - 1) {
            return Optional.of(headBefore);
        }
        return holds(position) ? Optional.of(slot(position).entry.head()) : Optional.empty();
    }

    private boolean holds(long position) {
        return count > 0 && position >= first && position <= tail.position();
    }

    /// Whether more entries can be joined by now.
    private boolean canGrow(JoinedDeliveries join, FrameFormat format, long upTo) {
        return join.last() < upTo
                && holds(join.last() + 1)
                && join.count() < limits.joinedCountMax()
                && join.bytes() + frame(join.last() + 1, format).readableBytes()
                        <= limits.joinedBytesMax();
    }

    /// Keeps a result that was read from the log for some cursors, for use by others.
    ///
    /// @param join borrowed
    void remember(FrameFormat format, JoinedDeliveries join) {
        long change;
        synchronized (this) {
            if (closed) {
                return;
            }
            catchUpBuffers.add(format, join);
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
        var cached = slot.frames.get(format);
        if (cached != null) {
            return cached;
        }
        var frame = DeliveryFrames.encode(format, allocator, group, slot.entry);
        slot.frames.put(format, frame);
        slot.bytes += frame.readableBytes();
        slotBytes += frame.readableBytes();
        return frame;
    }

    private boolean invariants() {
        return first + count == tail.position() + 1
                && count <= slots.length
                && slots.length <= limits.ringEntriesMax()
                && (count > 0 || slotBytes == 0);
    }
}
