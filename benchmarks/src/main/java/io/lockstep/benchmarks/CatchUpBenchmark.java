package io.lockstep.benchmarks;

import io.lockstep.fanout.DeliverySink;
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

/// Question: what does fan-out cost in CPU time and allocation for each delivery of 1 KiB to
/// sessions that reconnect 1,000 entries behind? One operation is one delivery. In each invocation
/// 200 sessions attach, get all entries, and detach.
///
/// `from`: `start`, all sessions lack the same 1,000 entries; `anywhere`, each session starts at
/// one of the first 64 positions, and so in the middle of a buffer.
///
/// The measuring thread runs the event loop, so wall time is CPU time. It covers everything from
/// the attachments to the last write, with the membership check against a log in memory. Delivered
/// entries stay in the tail's memory between invocations, as in a long reconnect storm.
///
/// Command: `benchmarks/run --keep catch-up CatchUpBenchmark -prof gc`
///
/// Not covered: sockets and the kernel; Netty's pipeline; Redis; sockets that become full.
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
            "-Djmh.executor.class=io.lockstep.benchmarks.FastThreadLocalExecutor"
        })
public class CatchUpBenchmark {
    private static final int SESSIONS = 200;
    private static final int MISSED = 1_000;

    @Benchmark
    @OperationsPerInvocation(SESSIONS * MISSED)
    public long comeBack(CatchUpNode node) {
        return node.storm();
    }

    /// A node with entries that the reconnecting sessions lack.
    @State(Scope.Thread)
    public static class CatchUpNode {
        private static final int BEFORE = 64;

        @Param({"start", "anywhere"})
        public String from = "start";

        private final Random random = new Random(1);
        private final FanoutNode node = new FanoutNode(random);

        @Setup(Level.Trial)
        public void fill() {
            var _ = node.attach(0); // stays attached, and so keeps the group's tail
            node.run();
            for (int i = 0; i < BEFORE + MISSED; i++) {
                node.append(1);
            }
        }

        @TearDown(Level.Trial)
        public void close() {
            node.close();
        }

        long storm() {
            long before = node.bytesWritten();
            var sinks = new ArrayList<DeliverySink>(SESSIONS);
            for (int i = 0; i < SESSIONS; i++) {
                sinks.add(node.attach(from.equals("start") ? BEFORE : random.nextInt(BEFORE)));
            }
            node.run();
            long written = node.bytesWritten() - before;
            if (written < (long) SESSIONS * MISSED * FanoutNode.MESSAGE_BYTES) {
                throw new IllegalStateException("not all sessions got all entries");
            }
            sinks.forEach(node::close);
            node.run();
            return written;
        }
    }
}
