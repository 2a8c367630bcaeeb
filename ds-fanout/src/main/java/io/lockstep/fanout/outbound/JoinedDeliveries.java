package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupHead;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Consecutive deliveries of one group in one format, joined in one buffer for all cursors at the
/// position before the first of them. Its reference count is that of its buffer.
public final class JoinedDeliveries {
    /// The position of a removal that does not exist: after every position.
    static final long NEVER = Long.MAX_VALUE;

    private final BufferContents contents;
    private final ByteBuf frames;
    // Index of the first of these deliveries in the contents, and its byte offset there.
    private final int first;
    private final int firstByte;

    /// @param left whether the members left by themselves
    private record Removal(long position, Set<MemberId> members, boolean left) {}

    /// The contents of a buffer, shared by all instances that begin in the middle of it.
    private static final class BufferContents {
        final long after;
        // Where delivery `after + 1 + i` ends, in bytes from the start.
        final int[] ends;
        final EntryKind[] kinds;
        final Bytes[] sha256s;
        final Bytes[] heads;
        final List<Removal> removals;

        BufferContents(List<LogEntry> entries, List<ByteBuf> frames) {
            after = entries.getFirst().position() - 1;
            ends = new int[entries.size()];
            kinds = new EntryKind[ends.length];
            sha256s = new Bytes[ends.length];
            heads = new Bytes[ends.length];
            var found = new ArrayList<Removal>(0);
            int bytes = 0;
            for (int i = 0; i < ends.length; i++) {
                bytes += frames.get(i).readableBytes();
                ends[i] = bytes;
                var entry = entries.get(i);
                kinds[i] = entry.kind();
                sha256s[i] = entry.sha256();
                heads[i] = entry.head();
                if (!entry.rosterChange().removed().isEmpty()) {
                    found.add(
                            new Removal(
                                    entry.position(),
                                    entry.rosterChange().removed(),
                                    entry.left().isPresent()));
                }
            }
            removals = List.copyOf(found);
        }

        int bytes() {
            return ends[ends.length - 1];
        }
    }

    private JoinedDeliveries(BufferContents contents, ByteBuf frames, int first) {
        this.contents = contents;
        this.frames = frames;
        this.first = first;
        firstByte = first == 0 ? 0 : contents.ends[first - 1];
    }

    /// @param entries one or more, dense
    /// @param frames borrowed; the frame of each entry
    /// @return with one reference, which the caller releases
    public static JoinedDeliveries join(
            ByteBufAllocator allocator, List<LogEntry> entries, List<ByteBuf> frames) {
        var contents = new BufferContents(entries, frames);
        return new JoinedDeliveries(contents, joinFrames(allocator, frames, contents.bytes()), 0);
    }

    /// The deliveries after a position, in the same buffer and with its reference count.
    ///
    /// @param position `after() ≤ position < last()`
    /// @return borrowed from this
    public JoinedDeliveries from(long position) {
        assert after() <= position && position < last();
        if (position == after()) {
            return this;
        }
        int index = (int) (position - contents.after);
        int begin = contents.ends[index - 1] - firstByte;
        return new JoinedDeliveries(
                contents,
                frames.slice(frames.readerIndex() + begin, frames.readableBytes() - begin),
                index);
    }

    /// Joins all frames in one direct buffer. A single frame is returned without a copy.
    ///
    /// @param frames borrowed
    /// @return with one reference, which the caller releases
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
        return contents.after + first;
    }

    public long last() {
        return contents.after + contents.ends.length;
    }

    public int count() {
        return contents.ends.length - first;
    }

    public int bytes() {
        return contents.bytes() - firstByte;
    }

    /// The number of bytes of the deliveries up to a position, which is one of these.
    int bytesUpTo(long position) {
        return contents.ends[(int) (position - contents.after - 1)] - firstByte;
    }

    /// The position of the first delivery that removes the member, or [#NEVER].
    long removalOf(MemberId member) {
        if (contents.removals.isEmpty()) {
            return NEVER;
        }
        for (var removal : contents.removals) {
            if (removal.position > after() && removal.members.contains(member)) {
                return removal.position;
            }
        }
        return NEVER;
    }

    /// Whether a member left by itself with the delivery at a position.
    boolean isLeave(long position) {
        return contents.removals.stream()
                .anyMatch(removal -> removal.position == position && removal.left);
    }

    /// Whether these deliveries continue the history with this head.
    boolean continues(GroupId group, Bytes head) {
        return GroupHead.next(
                        head, group, after() + 1, contents.kinds[first], contents.sha256s[first])
                .equals(contents.heads[first]);
    }

    public JoinedDeliveries retain() {
        frames.retain();
        return this;
    }

    public void release() {
        frames.release();
    }
}
