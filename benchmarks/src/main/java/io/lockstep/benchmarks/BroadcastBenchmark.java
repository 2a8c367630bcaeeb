package io.lockstep.benchmarks;

import io.lockstep.fanout.Attachment;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.LogFanout;
import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.log.EntryKind;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupPolicy;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.OwnerId;
import io.lockstep.log.RosterChange;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Question: what does fan-out itself cost for each session that is shown a message of 1 KiB, in CPU time and
/// in allocation, with everybody on one event loop and up to date? An operation is one session; `together`
/// messages are appended in one batch, so each session gets them in one write.
///
/// The loop is run by the measuring thread, so wall time is CPU time, from append to the last write: the
/// append to a log in memory, the notice, the encoding, the join, the pass in its slices.
///
/// Command: `benchmarks/run --keep broadcast BroadcastBenchmark -prof gc`
///
/// Netty's leak detection is off: at its default it samples one buffer in 128, and of a shared buffer it then
/// takes a stack trace for each session.
///
/// Left out: sockets and everything of the kernel, which cost 10 to 12 µs for each write; Netty's
/// pipeline; more than one class of outlet.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-XX:+UseCompactObjectHeaders",
            "-Dio.netty.leakDetection.level=disabled",
            "-Djmh.executor=CUSTOM",
            "-Djmh.executor.class=io.lockstep.benchmarks.EventLoopThreads"
        })
public class BroadcastBenchmark {
    private static final int TEN_THOUSAND = 10_000;
    private static final int FIFTY_THOUSAND = 50_000;

    @Benchmark
    @OperationsPerInvocation(TEN_THOUSAND)
    public long to10000(TenThousand node) {
        return node.broadcast();
    }

    @Benchmark
    @OperationsPerInvocation(FIFTY_THOUSAND)
    public long to50000(FiftyThousand node) {
        return node.broadcast();
    }

    @State(Scope.Thread)
    public static class TenThousand extends Node {
        public TenThousand() {
            super(TEN_THOUSAND);
        }
    }

    @State(Scope.Thread)
    public static class FiftyThousand extends Node {
        public FiftyThousand() {
            super(FIFTY_THOUSAND);
        }
    }

    /// One server node with one group, all of whose sessions are the creator's.
    @State(Scope.Thread)
    public abstract static class Node {
        private static final GroupId GROUP = new GroupId(Bytes.ofHex("0f".repeat(16)));
        private static final MemberId CREATOR = new MemberId(Bytes.ofHex("01".repeat(16)));
        private static final OwnerId OWNER = new OwnerId(Bytes.ofHex("02".repeat(16)));
        private static final int MESSAGE_BYTES = 1024;

        /// Messages appended at once.
        @Param({"1", "10"})
        public int together = 1;

        private final int sessions;
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
        private LogPosition place = new LogPosition(Bytes.EMPTY, 0, Bytes.EMPTY);

        /// Shared by all outlets, and written by the loop's thread only.
        private long bytesWritten;

        Node(int sessions) {
            this.sessions = sessions;
            var array = new byte[MESSAGE_BYTES];
            new Random(1).nextBytes(array);
            message = Bytes.wrap(array);
        }

        @Setup(Level.Trial)
        public void attachAll() {
            var incarnation = Bytes.ofHex("0a".repeat(16));
            var group =
                    new NewGroup(incarnation, 0, GroupPolicy.DEFAULT, CREATOR, OWNER, Bytes.EMPTY);
            var created = log.create(GROUP, group).blockOptional().orElseThrow();
            place = created.tail().last();
            for (int i = 0; i < sessions; i++) {
                fanout.attach(
                        new CountingOutlet(),
                        new Attachment(GROUP, CREATOR, 1, Bytes.EMPTY, 0, Bytes.EMPTY, 0));
            }
            runLoop();
        }

        @TearDown(Level.Iteration)
        public void trim() {
            log.trim(GROUP, Instant.now().plus(GroupPolicy.DEFAULT.retention())).block();
        }

        @TearDown(Level.Trial)
        public void close() {
            fanout.close();
            runLoop();
        }

        long broadcast() {
            long before = bytesWritten;
            var expected = place;
            var batch = new ArrayList<NewEntry>(together);
            for (int i = 0; i < together; i++) {
                batch.add(NewEntry.of(next()));
            }
            log.append(GROUP, expected, batch).block();
            runLoop();
            if (bytesWritten - before < (long) sessions * together * MESSAGE_BYTES) {
                throw new IllegalStateException("not everybody was shown it");
            }
            return bytesWritten;
        }

        private void runLoop() {
            while (loop.runNonBlockingTasks(0) > 0) {}
        }

        private LogEntry next() {
            long position = place.position() + 1;
            var sha256 = message.sha256();
            var head = GroupHead.next(place.head(), GROUP, position, EntryKind.APPLICATION, sha256);
            place = new LogPosition(place.incarnation(), position, head);
            return new LogEntry(
                    position,
                    EntryKind.APPLICATION,
                    0,
                    1_000,
                    message,
                    sha256,
                    head,
                    RosterChange.NONE);
        }

        private final class CountingOutlet implements Outlet {
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
            public void refused(GroupId group, long requestId, Code code, String detail) {
                throw new IllegalStateException("refused: " + code);
            }
        }
    }
}
