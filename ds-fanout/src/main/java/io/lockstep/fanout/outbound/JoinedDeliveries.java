package io.lockstep.fanout.outbound;

import io.lockstep.log.EntryKind;
import io.lockstep.log.GroupHead;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Consecutive deliveries of one group in one format, joined in one buffer for all who stand at the
/// place before the first of them. Counts references as its buffer does.
public final class JoinedDeliveries {
    /// No removal: after every position.
    static final long NEVER = Long.MAX_VALUE;

    private final ByteBuf frames;
    private final long after;
    // Where delivery `after + 1 + i` ends, in bytes from the start.
    private final int[] ends;
    private final List<Removal> removals;
    private final EntryKind firstKind;
    private final Bytes firstSha256;
    private final Bytes firstHead;

    private record Removal(long position, Set<MemberId> members) {}

    private JoinedDeliveries(ByteBuf frames, int[] ends, List<Removal> removals, LogEntry first) {
        this.frames = frames;
        this.ends = ends;
        this.removals = removals;
        after = first.position() - 1;
        firstKind = first.kind();
        firstSha256 = first.sha256();
        firstHead = first.head();
    }

    /// @param entries one or more, dense
    /// @param frames borrowed; the frame of each entry
    /// @return with one reference, the caller's
    public static JoinedDeliveries join(
            ByteBufAllocator allocator, List<LogEntry> entries, List<ByteBuf> frames) {
        int[] ends = new int[entries.size()];
        var removals = new ArrayList<Removal>(0);
        int bytes = 0;
        for (int i = 0; i < ends.length; i++) {
            bytes += frames.get(i).readableBytes();
            ends[i] = bytes;
            var entry = entries.get(i);
            if (!entry.rosterChange().removed().isEmpty()) {
                removals.add(new Removal(entry.position(), entry.rosterChange().removed()));
            }
        }
        return new JoinedDeliveries(
                joinFrames(allocator, frames, bytes),
                ends,
                List.copyOf(removals),
                entries.getFirst());
    }

    /// One direct buffer with all the frames; of a single frame, the frame itself.
    ///
    /// @param frames borrowed
    /// @return with one reference, the caller's
    static ByteBuf joinFrames(ByteBufAllocator allocator, List<ByteBuf> frames, int bytes) {
        if (frames.size() == 1) {
            return frames.getFirst().retain();
        }
        var joined = allocator.directBuffer(bytes, bytes);
        for (var frame : frames) {
            joined.writeBytes(frame, frame.readerIndex(), frame.readableBytes());
        }
        return joined;
    }

    /// Borrowed from this.
    ByteBuf frames() {
        return frames;
    }

    /// The position before the first delivery.
    public long after() {
        return after;
    }

    public long last() {
        return after + ends.length;
    }

    public int count() {
        return ends.length;
    }

    public int bytes() {
        return ends[ends.length - 1];
    }

    /// How many bytes hold the deliveries up to a position, which is one of these.
    int bytesUpTo(long position) {
        return ends[(int) (position - after - 1)];
    }

    /// Where the first of these removes the member, or [#NEVER].
    long removalOf(MemberId member) {
        if (removals.isEmpty()) {
            return NEVER;
        }
        for (var removal : removals) {
            if (removal.members.contains(member)) {
                return removal.position;
            }
        }
        return NEVER;
    }

    /// Whether this is what came after the history with this head.
    boolean continues(GroupId group, Bytes head) {
        return GroupHead.next(head, group, after + 1, firstKind, firstSha256).equals(firstHead);
    }

    public JoinedDeliveries retain() {
        frames.retain();
        return this;
    }

    public void release() {
        frames.release();
    }
}
