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
import java.util.ArrayList;
import java.util.List;
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

/// Question: what does fan-out itself cost for each delivery of 1 KiB to those who come back and are 1,000
/// behind, in CPU time and in allocation? An operation is one delivery; in each invocation 200 sessions attach,
/// are shown all, and go.
///
/// `from`: `start`, all lack the same 1,000; `anywhere`, each stands somewhere among the first 64, so that it
/// begins in the middle of a buffer.
///
/// The loop is run by the measuring thread, so wall time is CPU time: from the attachments to the last write,
/// the question of membership to a log in memory included. What is shown stays in the tail's memory from one
/// invocation to the next, as in a storm that lasts.
///
/// Command: `benchmarks/run --keep catch-up CatchUpBenchmark -prof gc`
///
/// Left out: sockets and the kernel; Netty's pipeline; Redis; sockets that fill.
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
public class CatchUpBenchmark {
    private static final int SESSIONS = 200;
    private static final int MISSED = 1_000;

    @Benchmark
    @OperationsPerInvocation(SESSIONS * MISSED)
    public long comeBack(Node node) {
        return node.storm();
    }

    /// One server node with one group, all of whose sessions are the creator's.
    @State(Scope.Thread)
    public static class Node {
        private static final GroupId GROUP = new GroupId(Bytes.ofHex("0f".repeat(16)));
        private static final MemberId CREATOR = new MemberId(Bytes.ofHex("01".repeat(16)));
        private static final OwnerId OWNER = new OwnerId(Bytes.ofHex("02".repeat(16)));
        private static final int MESSAGE_BYTES = 1024;
        private static final int BEFORE = 64;

        @Param({"start", "anywhere"})
        public String from = "start";

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
        private final Random random = new Random(1);
        private final Bytes message;
        private LogPosition place = new LogPosition(Bytes.EMPTY, 0, Bytes.EMPTY);

        /// Shared by all outlets, and written by the loop's thread only.
        private long bytesWritten;

        public Node() {
            var array = new byte[MESSAGE_BYTES];
            random.nextBytes(array);
            message = Bytes.wrap(array);
        }

        @Setup(Level.Trial)
        public void fill() {
            var group =
                    new NewGroup(
                            Bytes.ofHex("0a".repeat(16)),
                            0,
                            GroupPolicy.DEFAULT,
                            CREATOR,
                            OWNER,
                            Bytes.EMPTY);
            place = log.create(GROUP, group).blockOptional().orElseThrow().tail().last();
            attach(0); // one who stays, and with it the group's tail
            runLoop();
            for (int i = 0; i < BEFORE + MISSED; i++) {
                var expected = place;
                log.append(GROUP, expected, List.of(NewEntry.of(next()))).block();
                runLoop();
            }
        }

        @TearDown(Level.Trial)
        public void close() {
            fanout.close();
            runLoop();
        }

        long storm() {
            long before = bytesWritten;
            var outlets = new ArrayList<Outlet>(SESSIONS);
            for (int i = 0; i < SESSIONS; i++) {
                outlets.add(attach(from.equals("start") ? BEFORE : random.nextInt(BEFORE)));
            }
            runLoop();
            if (bytesWritten - before < (long) SESSIONS * MISSED * MESSAGE_BYTES) {
                throw new IllegalStateException("not everybody was shown all");
            }
            outlets.forEach(fanout::close);
            runLoop();
            return bytesWritten;
        }

        private Outlet attach(long position) {
            var outlet = new CountingOutlet();
            fanout.attach(
                    outlet,
                    new Attachment(
                            GROUP, CREATOR, 1, place.incarnation(), position, Bytes.EMPTY, 0));
            return outlet;
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
