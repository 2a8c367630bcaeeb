package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.local.LocalIoHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A pass over many sessions on a real event loop. Slices used to follow each other as queued
/// tasks, which the loop runs without polling its sockets in between.
class FairSlicesTest {
    private static final int SESSIONS = 2_000;

    /// Slices follow from each of them; what comes after them repeats them.
    private static final int WRITES_EACH = 2;

    private static final FanoutLimits LIMITS = FanoutLimits.DEFAULT;

    /// Writes in the loop's current iteration. Confined to the loop.
    private int writes;

    private int writesMax;
    private boolean counting;

    @Test
    @Timeout(60)
    void anEventLoopPollsItsSocketsAfterEachSlice() throws Exception {
        var loops = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        var loop = (SingleThreadEventLoop) loops.next();
        var store = new MemoryGroupLog();
        var writer = GroupWriter.create(store);
        var fanout =
                new LogFanout(
                        store,
                        LIMITS,
                        WritePathChoice.AUTO,
                        new SimpleMeterRegistry(),
                        new UnpooledByteBufAllocator(true));
        var sinks = new ArrayList<FakeDeliverySink>();
        for (int i = 0; i < SESSIONS; i++) {
            var sink = new FakeDeliverySink(loop, FrameFormat.PROTO);
            sink.duringWrite = () -> count(loop);
            sinks.add(sink);
            fanout.attach(sink, fromStart(writer));
        }
        await().atMost(Duration.ofSeconds(30))
                .until(() -> loop.submit(() -> all(sinks, "live 0")).sync().getNow());

        writer.append(writer.application("hello"));

        await().atMost(Duration.ofSeconds(30))
                .until(() -> loop.submit(() -> all(sinks, "hello")).sync().getNow());
        assertThat(loop.submit(() -> writesMax).sync().getNow())
                .isPositive()
                .isLessThanOrEqualTo(LIMITS.sliceSessions());
        sinks.forEach(fanout::close);
        fanout.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    /// The same for sessions that waited for one read: their slices also followed each other
    /// without a poll of the sockets.
    @Test
    @Timeout(60)
    void anEventLoopPollsItsSocketsWhileManySessionsGetTheResultOfARead() throws Exception {
        var loops = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        var loop = (SingleThreadEventLoop) loops.next();
        var store = new MemoryGroupLog();
        var log = new FaultyLog(store);
        var writer = GroupWriter.create(store);
        var registry = new SimpleMeterRegistry();
        var fanout =
                new LogFanout(
                        log,
                        LIMITS,
                        WritePathChoice.AUTO,
                        registry,
                        new UnpooledByteBufAllocator(true));
        var keeper = new FakeDeliverySink(loop, FrameFormat.PROTO);
        loop.submit(() -> fanout.attach(keeper, fromStart(writer))).sync();
        await().until(() -> loop.submit(() -> all(List.of(keeper), "live 0")).sync().getNow());
        for (int i = 0; i < LIMITS.ringEntriesMax() + LIMITS.joinedCountMax(); i++) {
            writer.append(writer.application("m")); // the first of them are no longer in memory
        }
        await().until(() -> loop.submit(() -> all(List.of(keeper), "m")).sync().getNow());
        var sinks = new ArrayList<FakeDeliverySink>();
        loop.submit(
                        () -> {
                            log.slowReads = true;
                            for (int i = 0; i < SESSIONS; i++) {
                                var sink = new FakeDeliverySink(loop, FrameFormat.PROTO);
                                sink.duringWrite =
                                        () -> {
                                            count(loop);
                                            sink.writable = sink.writes.size() < WRITES_EACH;
                                        };
                                sinks.add(sink);
                                fanout.attach(sink, fromStart(writer));
                            }
                        })
                .sync();
        var behind = registry.get("lockstep.fanout.sessions.behind").gauge();
        await().atMost(Duration.ofSeconds(30)).until(() -> behind.value() == SESSIONS);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> loop.submit(() -> log.unanswered.size()).sync().getNow() == 1);
        loop.submit(() -> log.answerNext(0)).sync();
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        loop.submit(() -> sinks.stream().noneMatch(o -> o.writes.isEmpty()))
                                .sync()
                                .getNow());

        assertThat(loop.submit(() -> writesMax).sync().getNow())
                .isPositive()
                .isLessThanOrEqualTo(LIMITS.sliceSessions() / 8);
        sinks.forEach(fanout::close);
        fanout.close(keeper);
        fanout.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private static AttachRequest fromStart(GroupWriter writer) {
        var member = GroupWriter.member("creator");
        return new AttachRequest(writer.group(), member, 1, Bytes.EMPTY, 0, Bytes.EMPTY, 0);
    }

    private static boolean all(List<FakeDeliverySink> sinks, String last) {
        return sinks.stream().allMatch(o -> !o.events.isEmpty() && o.events.getLast().equals(last));
    }

    private void count(SingleThreadEventLoop loop) {
        writes++;
        writesMax = Math.max(writesMax, writes);
        if (!counting) {
            counting = true;
            loop.executeAfterEventLoopIteration(() -> {
                counting = false;
                writes = 0;
            });
        }
    }
}
