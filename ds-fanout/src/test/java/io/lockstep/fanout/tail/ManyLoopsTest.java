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
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Real event loops and threads: one thread appends, one makes sockets writable and unwritable, one
/// attaches and closes sessions.
class ManyLoopsTest {
    private static final int SESSIONS = 60;
    private static final int MESSAGES = 2_000;

    @Test
    @Timeout(120)
    @DisplayName(
            "I2, I7: sessions on several threads receive the same dense bytes, slow ones later")
    void sessionsOnSeveralThreadsAreShownTheSame() throws Exception {
        var seed = System.nanoTime();
        var random = new Random(seed);
        var loops = new MultiThreadIoEventLoopGroup(3, LocalIoHandler.newFactory());
        var store = new MemoryGroupLog();
        var allocator = new UnpooledByteBufAllocator(true);
        var writer = GroupWriter.create(store);
        var fanout =
                new LogFanout(
                        store,
                        FanoutLimits.DEFAULT,
                        WritePathChoice.AUTO,
                        new SimpleMeterRegistry(),
                        allocator);
        var sinks = new ArrayList<FakeDeliverySink>();
        for (int i = 0; i < SESSIONS; i++) {
            var format = i % 7 == 0 ? FrameFormat.JSON : FrameFormat.PROTO;
            sinks.add(new FakeDeliverySink(loops.next(), format));
        }
        var appender =
                Thread.ofPlatform()
                        .start(() -> {
                            for (int i = 1; i <= MESSAGES; i++) {
                                writer.append(writer.application("m" + i));
                            }
                        });
        for (var sink : sinks) {
            fanout.attach(sink, asked(writer));
        }
        while (appender.isAlive()) {
            var sink = sinks.get(random.nextInt(SESSIONS));
            boolean open = random.nextBoolean();
            set(fanout, sink, open);
        }
        for (var sink : sinks) {
            set(fanout, sink, true);
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> sinks.stream().allMatch(o -> shown(o).size() == MESSAGES));
        var all = FanoutHarness.messages(1, MESSAGES);
        for (var sink : sinks) {
            assertThat(shown(sink)).as("seed %d", seed).isEqualTo(all);
            assertThat(on(sink.loop(), sink::faults)).as("seed %d", seed).isEmpty();
            fanout.close(sink);
        }
        fanout.close();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> allocator.metric().usedDirectMemory() == 0);
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private static AttachRequest asked(GroupWriter writer) {
        var member = GroupWriter.member("creator");
        return new AttachRequest(writer.group(), member, 1, Bytes.EMPTY, 0, Bytes.EMPTY, 0);
    }

    private static void set(LogFanout fanout, FakeDeliverySink sink, boolean open) {
        sink.loop()
                .execute(() -> {
                    boolean before = sink.writable;
                    sink.writable = open;
                    if (open && !before) {
                        fanout.writable(sink);
                    }
                });
    }

    private static List<String> shown(FakeDeliverySink sink) {
        return on(sink.loop(), () -> sink.events.stream().filter(e -> e.startsWith("m")).toList());
    }

    private static <T> T on(EventLoop loop, Callable<T> question) {
        try {
            return loop.submit(question).sync().getNow();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
