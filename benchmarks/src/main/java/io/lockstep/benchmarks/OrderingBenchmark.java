package io.lockstep.benchmarks;

import io.lockstep.log.GroupRules;
import io.lockstep.log.MemberId;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.actor.ActorOrdering;
import io.lockstep.ordering.actor.OrderingLimits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Question: how many submissions a second do actors decide, append and answer, for one hot group
/// and for 10,000 groups, if the log costs almost nothing? This is the upper bound that ordering
/// itself sets.
///
/// Command: `benchmarks/run --keep ordering OrderingBenchmark -prof gc`
///
/// One operation is one application message of 256 bytes from `submit` to its answer: two SHA-256
/// (the resend key, the head), the decision, the append to the memory log, and its two indexes.
/// 2,048 submissions are in flight in the hot group; one in each of the 10,000 groups. The hot
/// group has a commit every 16,384 messages, so that its resend keys fit in memory; in an endless
/// epoch each batch must look them up in the log. One thread submits; the actors have one thread
/// per core. `-prof gc` shows bytes allocated per submission; the log retains part of them.
///
/// Not covered: reading and writing frames, the network, and a durable log. Each iteration creates
/// a new log, because the log retains everything.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+UseCompactObjectHeaders", "-Xms4g", "-Xmx4g"})
@State(Scope.Thread)
public class OrderingBenchmark {
    private static final int IN_FLIGHT = 2048;
    private static final int GROUPS = 10_000;
    private static final int EPOCH_MESSAGES = 16_384;
    private static final int MESSAGE_BYTES = 256;
    private static final Author AUTHOR =
            new Author(
                    new MemberId(Bytes.wrap(new byte[MemberId.BYTES])),
                    new UserPseudonym(Bytes.wrap(new byte[UserPseudonym.BYTES])));

    private final Scheduler threads =
            Schedulers.newParallel("ordering", Runtime.getRuntime().availableProcessors());
    private final List<GroupId> groups = new ArrayList<>();
    private ActorOrdering actors = actors();
    private long messages;
    private long epoch;
    private int sinceCommit;

    private ActorOrdering actors() {
        return new ActorOrdering(
                new MemoryGroupLog(),
                OrderingLimits.DEFAULT,
                InstantSource.system(),
                threads,
                new SimpleMeterRegistry());
    }

    @Setup(Level.Iteration)
    public void setUp() {
        actors = actors();
        groups.clear();
        epoch = 0;
        sinceCommit = 0;
        for (int i = 0; i < GROUPS; i++) {
            groups.add(new GroupId(Bytes.wrap(ByteBuffer.allocate(16).putInt(i).array())));
        }
        Flux.fromIterable(groups)
                .flatMap(group ->
                        actors.submit(
                                new Submission.CreateSubmission(
                                        group, AUTHOR, 0, GroupRules.DEFAULT, Bytes.EMPTY)))
                .blockLast(Duration.ofSeconds(60));
    }

    @TearDown(Level.Iteration)
    public void tearDown() {
        actors.close().block(Duration.ofSeconds(60));
    }

    @Benchmark
    @OperationsPerInvocation(IN_FLIGHT)
    public int oneHotGroup() throws InterruptedException {
        sinceCommit += IN_FLIGHT;
        if (sinceCommit > EPOCH_MESSAGES) {
            sinceCommit = 0;
            actors.submit(commit()).block(Duration.ofSeconds(60));
            epoch++;
        }
        return submit(IN_FLIGHT, 1);
    }

    @Benchmark
    @OperationsPerInvocation(IN_FLIGHT)
    public int oneHotGroupInAnEndlessEpoch() throws InterruptedException {
        return submit(IN_FLIGHT, 1);
    }

    @Benchmark
    @OperationsPerInvocation(GROUPS)
    public int tenThousandGroups() throws InterruptedException {
        return submit(GROUPS, GROUPS);
    }

    private int submit(int count, int intoGroups) throws InterruptedException {
        var open = new CountDownLatch(count);
        var refused = new AtomicInteger();
        for (int i = 0; i < count; i++) {
            actors.submit(message(groups.get(i % intoGroups)))
                    .subscribe(answer -> {
                        if (!(answer instanceof SubmissionAnswer.AcceptedAnswer)) {
                            refused.incrementAndGet();
                        }
                        open.countDown();
                    });
        }
        open.await();
        if (refused.get() > 0) {
            throw new IllegalStateException(refused + " of " + count + " were refused");
        }
        return count;
    }

    private Submission.CommitSubmission commit() {
        return new Submission.CommitSubmission(
                groups.getFirst(),
                AUTHOR,
                epoch,
                false,
                bytes(),
                Bytes.EMPTY,
                Bytes.EMPTY,
                RosterDelta.NONE,
                0);
    }

    private Bytes bytes() {
        return Bytes.wrap(ByteBuffer.allocate(MESSAGE_BYTES).putLong(messages++).array());
    }

    private Submission.MessageSubmission message(GroupId group) {
        return new Submission.MessageSubmission(
                group, AUTHOR, EntryKind.APPLICATION, epoch, false, false, bytes());
    }
}
