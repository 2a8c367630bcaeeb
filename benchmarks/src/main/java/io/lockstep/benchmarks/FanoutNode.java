package io.lockstep.benchmarks;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.fanout.tail.LogFanout;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;

/// The fan-out of one server node over a log in memory, with one group. All sessions belong to the
/// creator and accept every write. The measuring thread runs the event loop.
final class FanoutNode {
    static final int MESSAGE_BYTES = 1024;

    private static final GroupId GROUP = new GroupId(Bytes.ofHex("0f".repeat(16)));
    private static final MemberId CREATOR = new MemberId(Bytes.ofHex("01".repeat(16)));
    private static final UserPseudonym OWNER = new UserPseudonym(Bytes.ofHex("02".repeat(16)));

    private final MemoryGroupLog log = new MemoryGroupLog();
    private final ManualIoEventLoop loop =
            new ManualIoEventLoop(Thread.currentThread(), LocalIoHandler.newFactory());
    private final LogFanout fanout =
            new LogFanout(
                    log,
                    FanoutLimits.DEFAULT,
                    WritePathChoice.NETTY,
                    new SimpleMeterRegistry(),
                    PooledByteBufAllocator.DEFAULT);
    private final Bytes message;
    private LogPosition tail;

    /// Shared by all sinks. Only the loop's thread writes it.
    private long bytesWritten;

    /// Call on the measuring thread.
    FanoutNode(Random random) {
        var array = new byte[MESSAGE_BYTES];
        random.nextBytes(array);
        message = Bytes.wrap(array);
        var incarnation = Bytes.ofHex("0a".repeat(16));
        var group = new NewGroup(incarnation, 0, GroupRules.DEFAULT, CREATOR, OWNER, Bytes.EMPTY);
        tail = log.create(GROUP, group).blockOptional().orElseThrow().tail().last();
    }

    long bytesWritten() {
        return bytesWritten;
    }

    /// @param position of the last entry that the session has
    DeliverySink attach(long position) {
        var sink = new CountingSink();
        fanout.attach(
                sink,
                new AttachRequest(GROUP, CREATOR, 1, tail.incarnation(), position, Bytes.EMPTY, 0));
        return sink;
    }

    void close(DeliverySink sink) {
        fanout.close(sink);
    }

    /// Appends `count` messages at once, and runs the loop until they are delivered.
    void append(int count) {
        var expected = tail;
        var batch = new ArrayList<NewEntry>(count);
        for (int i = 0; i < count; i++) {
            batch.add(NewEntry.of(next()));
        }
        log.append(GROUP, expected, batch).block();
        run();
    }

    private LogEntry next() {
        long position = tail.position() + 1;
        var sha256 = message.sha256();
        var head = GroupHead.next(tail.head(), GROUP, position, EntryKind.APPLICATION, sha256);
        tail = new LogPosition(tail.incarnation(), position, head);
        return new LogEntry(
                position, EntryKind.APPLICATION, 0, 1_000, message, sha256, head, RosterDelta.NONE);
    }

    void run() {
        while (loop.runNonBlockingTasks(0) > 0) {}
    }

    void trim() {
        log.trim(GROUP, Duration.ofDays(-1)).block();
    }

    void close() {
        fanout.close();
        run();
    }

    private final class CountingSink implements DeliverySink {
        @Override
        public EventLoop eventLoop() {
            return loop;
        }

        @Override
        public FrameFormat format() {
            return FrameFormat.PROTO;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void write(ByteBuf frames) {
            bytesWritten += frames.readableBytes();
            frames.release();
        }

        @Override
        public void flush() {}

        @Override
        public void live(GroupId group, GroupTail tail) {}

        @Override
        public void confirms(GroupId group, long position) {}

        @Override
        public void gap(GroupId group, GapReason reason, GroupTail tail) {
            throw new IllegalStateException("a gap: " + reason);
        }

        @Override
        public void detached(GroupId group, DetachReason reason) {
            throw new IllegalStateException("detached: " + reason);
        }

        @Override
        public void fail() {
            throw new IllegalStateException("a write failed");
        }

        @Override
        public void refused(GroupId group, long requestId, Refusal refusal) {
            throw new IllegalStateException("refused: " + refusal.code());
        }
    }
}
