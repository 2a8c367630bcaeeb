package io.lockstep.benchmarks;

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

/// Question: what does fan-out cost in CPU time and allocation for each session that gets a message
/// of 1 KiB, if all sessions are on one event loop and up to date? One operation is one session.
/// `together` messages are appended in one batch, so each session gets them in one write.
///
/// The measuring thread runs the event loop, so wall time is CPU time. It covers the append to a
/// log in memory, the notice, the encoding, the catch-up buffer, and the live pass with its slices,
/// up to the last write.
///
/// Command: `benchmarks/run --keep broadcast BroadcastBenchmark -prof gc`
///
/// Netty's leak detection is off. By default it samples one buffer in 128, and takes a stack trace
/// for each session that shares a sampled buffer.
///
/// Not covered: sockets and the kernel, which cost 10 to 12 µs for each write; Netty's pipeline;
/// more than one class of sink.
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
    public static class TenThousand extends BroadcastNode {
        public TenThousand() {
            super(TEN_THOUSAND);
        }
    }

    @State(Scope.Thread)
    public static class FiftyThousand extends BroadcastNode {
        public FiftyThousand() {
            super(FIFTY_THOUSAND);
        }
    }

    /// A node whose sessions are all up to date.
    @State(Scope.Thread)
    public abstract static class BroadcastNode {
        /// Messages appended at once.
        @Param({"1", "10"})
        public int together = 1;

        private final int sessions;
        private final FanoutNode node = new FanoutNode(new Random(1));

        BroadcastNode(int sessions) {
            this.sessions = sessions;
        }

        @Setup(Level.Trial)
        public void attachAll() {
            for (int i = 0; i < sessions; i++) {
                var _ = node.attach(0);
            }
            node.run();
        }

        @TearDown(Level.Iteration)
        public void trim() {
            node.trim();
        }

        @TearDown(Level.Trial)
        public void close() {
            node.close();
        }

        long broadcast() {
            long before = node.bytesWritten();
            node.append(together);
            long written = node.bytesWritten() - before;
            if (written < (long) sessions * together * FanoutNode.MESSAGE_BYTES) {
                throw new IllegalStateException("not all sessions got it");
            }
            return written;
        }
    }
}
