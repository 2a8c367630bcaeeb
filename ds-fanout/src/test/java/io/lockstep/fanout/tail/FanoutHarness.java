package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.LogNotice;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.LoggerFactory;

/// One node with event loops stepped by hand, a clock moved by hand, and one group. Closing it
/// fails the test if a sink was misused or a buffer leaked.
final class FanoutHarness implements AutoCloseable {
    /// Small, so that every bound is met: 4 deliveries to a buffer, 8 entries in the ring, slices
    /// of 8.
    static final FanoutLimits SMALL =
            new FanoutLimits(8, 1 << 16, 1 << 20, 4096, 4, 8, 2, 2, 1 << 16, 4, 8192);

    final MockTicker clock = Ticker.newMockTicker();
    final List<ManualIoEventLoop> loops = new ArrayList<>();
    final MemoryGroupLog store = new MemoryGroupLog();
    final FaultyLog log = new FaultyLog(store);
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final LogFanout fanout;
    final GroupWriter writer = GroupWriter.create(store);
    final List<FakeDeliverySink> sinks = new ArrayList<>();

    /// Tasks that threw, which an event loop only logs.
    private final ListAppender<ILoggingEvent> failedTasks = new ListAppender<>();

    private final Logger taskLogger = (Logger) LoggerFactory.getLogger(AbstractEventExecutor.class);

    FanoutHarness() {
        this(SMALL);
    }

    final KnownIncarnations remembered = new KnownIncarnations(100);

    FanoutHarness(FanoutLimits limits) {
        for (int i = 0; i < 2; i++) {
            loops.add(
                    new ManualIoEventLoop(
                            null, Thread.currentThread(), LocalIoHandler.newFactory(), clock));
        }
        failedTasks.start();
        taskLogger.setLevel(Level.WARN);
        taskLogger.setAdditive(false);
        taskLogger.addAppender(failedTasks);
        fanout =
                new LogFanout(
                        log,
                        remembered,
                        limits,
                        WritePathChoice.AUTO,
                        metrics,
                        allocator,
                        clock::nanoTime);
    }

    GroupId group() {
        return writer.group();
    }

    FakeDeliverySink sink() {
        return sink(0, FrameFormat.PROTO);
    }

    FakeDeliverySink sink(int loop, FrameFormat format) {
        var sink = new FakeDeliverySink(loops.get(loop), format);
        sinks.add(sink);
        return sink;
    }

    /// Attached from the first position that the creator may see, and run until quiet.
    FakeDeliverySink attached() {
        var sink = sink();
        attach(sink);
        run();
        return sink;
    }

    void attach(FakeDeliverySink sink) {
        attach(sink, fromStart("creator", 0));
    }

    void attach(FakeDeliverySink sink, AttachRequest attachment) {
        sink.expectAnew(attachment.group());
        fanout.attach(sink, attachment);
    }

    AttachRequest fromStart(String member, int window) {
        return new AttachRequest(
                group(), GroupWriter.member(member), 7, Bytes.EMPTY, 0, Bytes.EMPTY, window);
    }

    /// To a group of its own, from the start.
    void attachCreator(FakeDeliverySink sink, GroupWriter of) {
        attachCreator(sink, of, 0);
    }

    void attachCreator(FakeDeliverySink sink, GroupWriter of, long position) {
        fanout.attach(
                sink,
                new AttachRequest(
                        of.group(),
                        GroupWriter.member("creator"),
                        1,
                        of.logPosition().incarnation(),
                        position,
                        Bytes.EMPTY,
                        0));
    }

    AttachRequest from(String member, long position, Bytes head) {
        return from(member, position, head, 0);
    }

    AttachRequest from(String member, long position, Bytes head, int window) {
        return new AttachRequest(
                group(),
                GroupWriter.member(member),
                7,
                writer.logPosition().incarnation(),
                position,
                head,
                window);
    }

    void close(FakeDeliverySink sink) {
        fanout.close(sink);
        sink.closed = true;
    }

    void writable(FakeDeliverySink sink, boolean writable) {
        boolean before = sink.writable;
        sink.writable = writable;
        if (writable && !before) {
            fanout.writable(sink);
        }
    }

    /// Appends application messages `m1`, `m2`, ..., named by their positions, in one batch.
    void append(int count) {
        var batch = new ArrayList<NewEntry>();
        for (int i = 0; i < count; i++) {
            batch.add(writer.application("m" + (writer.logPosition().position() + 1)));
        }
        if (count > 0) {
            writer.append(batch);
        }
    }

    void commit(RosterDelta change) {
        writer.append(
                writer.bundle(
                        "m" + (writer.logPosition().position() + 1),
                        change,
                        Bytes.EMPTY,
                        Bytes.EMPTY));
    }

    void add(String... names) {
        var added = new HashMap<MemberId, UserPseudonym>();
        for (var name : names) {
            added.put(GroupWriter.member(name), GroupWriter.owner(name));
        }
        commit(new RosterDelta(added, Set.of()));
    }

    void remove(String name) {
        commit(new RosterDelta(Map.of(), Set.of(GroupWriter.member(name))));
    }

    /// The first look at the log is answered; what those who are behind ask for is not.
    void holdReads() {
        for (int held = log.unanswered.size(); held > 0; held--) {
            log.answerNext(0);
        }
        run();
    }

    void trimAllButLast() {
        store.trim(group(), Duration.ofDays(-1)).block();
    }

    void ephemeral(String text) {
        ephemeral(text, 0);
    }

    /// @param decidedAt how far the node that accepted it had followed the group
    void ephemeral(String text, long decidedAt) {
        store.relay(
                        new LogNotice.EphemeralMessage(
                                group(), writer.epoch(), 1, GroupWriter.text(text), decidedAt))
                .block();
    }

    /// Every loop, until none has anything left to do now.
    void run() {
        while (step()) {}
    }

    /// Each loop once.
    boolean step() {
        boolean worked = false;
        for (var loop : loops) {
            worked |= loop.runNonBlockingTasks(0) > 0;
        }
        return worked;
    }

    /// Lets time pass: retries and tidying become due.
    void pass(long millis) {
        for (long t = 0; t < millis; t += 50) {
            clock.advanceMillis(50);
            run();
        }
    }

    /// A Check that tells where this log ends.
    LogNotice.CheckTail check(GroupLog which) {
        return new LogNotice.CheckTail(group(), which.tail(group()).blockOptional().orElseThrow());
    }

    double count(String meter) {
        return metrics.get("lockstep.fanout." + meter).counter().count();
    }

    double gauge(String meter) {
        return metrics.get("lockstep.fanout." + meter).gauge().value();
    }

    /// `m1 m2 ... mN`
    static List<String> messages(long from, long to) {
        var texts = new ArrayList<String>();
        for (long p = from; p <= to; p++) {
            texts.add("m" + p);
        }
        return texts;
    }

    @Override
    public void close() {
        log.slow = false;
        while (!log.unanswered.isEmpty()) {
            log.answerNext(0);
        }
        fanout.close();
        run();
        taskLogger.detachAppender(failedTasks);
        assertThat(failedTasks.list).as("tasks that threw").isEmpty();
        for (var sink : sinks) {
            assertThat(sink.faults()).as("what was done wrong to a sink").isEmpty();
        }
        assertThat(allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory())
                .as("bytes of buffers not released")
                .isZero();
        assertThat(gauge("sessions.attached")).isZero();
        assertThat(gauge("sessions.behind")).isZero();
        assertThat(gauge("ring.bytes")).isZero();
        assertThat(gauge("groups")).isZero();
    }
}
