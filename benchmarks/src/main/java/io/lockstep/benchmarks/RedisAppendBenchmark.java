package io.lockstep.benchmarks;

import io.lettuce.core.XAddArgs;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Question: how close does an append to one hot group come to a bare pipelined XADD of the same
/// payload, on the same Redis with `appendfsync always`? Target: 0.6 of its rate for batches. And
/// how much CPU time does a message cost Redis: `redisCpuMicros` ÷ `messages`.
///
/// `append` sends one batch after another, as an actor does: compare-and-append with resend keys,
/// with an answer after fsync. `xadd` sends the same number of XADDs in one burst and waits for
/// all. Both use Lettuce on one connection. `paired` alternates the two, so that other load affects
/// both alike: its ratio is `xaddMicros` ÷ `appendMicros`.
///
/// Command: `benchmarks/run --keep redis-append RedisAppendBenchmark`
///
/// Not covered: deciding and hashing, which belong to ordering; followers; other groups, which
/// share fsyncs and would make both faster. Redis and client share the machine's cores.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
@State(Scope.Benchmark)
public class RedisAppendBenchmark {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MESSAGE_BYTES = 256;
    private static final byte[] FIELD = "e".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] STREAM = "bare".getBytes(StandardCharsets.US_ASCII);

    /// Messages in one batch.
    @Param({"1", "10", "50", "250"})
    public int batch = 50;

    private @Nullable BenchmarkRedis server;
    private @Nullable HotGroup group;
    private long added;

    @Setup
    public void setUp() throws IOException {
        server = new BenchmarkRedis();
        group = new HotGroup(server);
    }

    @TearDown
    public void tearDown() throws IOException {
        running().close();
    }

    private BenchmarkRedis running() {
        if (server == null) {
            throw new IllegalStateException("not set up");
        }
        return server;
    }

    @Benchmark
    public void append(WorkCounters work) {
        append();
        work.messages += batch;
    }

    @Benchmark
    public void xadd(WorkCounters work) {
        xadd();
        work.messages += batch;
    }

    /// One of each in turn, so that other load on the machine affects both.
    @Benchmark
    public void paired(Pair pair) {
        long begun = System.nanoTime();
        append();
        long between = System.nanoTime();
        xadd();
        pair.appendMicros += (between - begun) / 1_000;
        pair.xaddMicros += (System.nanoTime() - between) / 1_000;
    }

    private void append() {
        if (group == null) {
            throw new IllegalStateException("not set up");
        }
        group.append(batch);
    }

    private void xadd() {
        var commands = running().connection().async();
        var all = new ArrayList<CompletableFuture<?>>(batch);
        for (int i = 0; i < batch; i++) {
            added++;
            var id = new XAddArgs().id(added + "-0");
            all.add(commands.xadd(STREAM, id, FIELD, message(added)).toCompletableFuture());
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    }

    private static final byte[] RANDOM = random();

    private static byte[] random() {
        var bytes = new byte[MESSAGE_BYTES];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /// The first bytes are unique.
    private static byte[] message(long number) {
        var message = RANDOM.clone();
        ByteBuffer.wrap(message).putLong(number);
        return message;
    }

    /// Counters that JMH reports in addition to the calls.
    @AuxCounters
    @State(Scope.Thread)
    public static class WorkCounters {
        public long messages;
        public long redisCpuMicros;
        private long cpuBefore;

        @Setup(Level.Iteration)
        public void begin(RedisAppendBenchmark benchmark) {
            messages = 0;
            redisCpuMicros = 0;
            cpuBefore = benchmark.running().cpuMicros();
        }

        @TearDown(Level.Iteration)
        public void end(RedisAppendBenchmark benchmark) {
            redisCpuMicros = benchmark.running().cpuMicros() - cpuBefore;
        }
    }

    /// The time of each: append's rate relative to bare XADD is `xaddMicros` ÷ `appendMicros`.
    @AuxCounters
    @State(Scope.Thread)
    public static class Pair {
        public long appendMicros;
        public long xaddMicros;

        @Setup(Level.Iteration)
        public void begin() {
            appendMicros = 0;
            xaddMicros = 0;
        }
    }

    /// The hot group, and the end of its log.
    private static final class HotGroup {
        private static final GroupId ID = new GroupId(Bytes.ofHex("0f".repeat(16)));
        private final RedisGroupLog log;
        private LogPosition tail;

        HotGroup(BenchmarkRedis server) {
            log = server.log();
            var made =
                    new NewGroup(
                            Bytes.ofHex("01".repeat(16)),
                            0,
                            GroupRules.DEFAULT,
                            new MemberId(Bytes.ofHex("02".repeat(16))),
                            new UserPseudonym(Bytes.ofHex("03".repeat(16))),
                            Bytes.EMPTY);
            tail =
                    log.create(ID, made)
                            .map(CreateOutcome::tail)
                            .blockOptional(PATIENCE)
                            .orElseThrow()
                            .last();
        }

        void append(int count) {
            List<NewEntry> batch = new ArrayList<>(count);
            for (int i = 1; i <= count; i++) {
                batch.add(entry(tail.position() + i));
            }
            var outcome = log.append(ID, tail, batch).block(PATIENCE);
            if (!(outcome instanceof AppendOutcome.Succeeded(var end, _))) {
                throw new IllegalStateException("not appended: " + outcome);
            }
            tail = end.last();
        }

        /// The hash is fake: hashing is not measured.
        private static NewEntry entry(long position) {
            var message = message(position);
            var hash = Bytes.copyOf(message).slice(0, 32);
            return NewEntry.of(
                    new LogEntry(
                            position,
                            EntryKind.APPLICATION,
                            0,
                            System.currentTimeMillis(),
                            Bytes.wrap(message),
                            hash,
                            hash,
                            RosterDelta.NONE));
        }
    }
}
