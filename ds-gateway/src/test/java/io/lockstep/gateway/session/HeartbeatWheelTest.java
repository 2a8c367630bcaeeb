package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class HeartbeatWheelTest {
    private static final int SESSIONS = 100;

    private final MultiThreadIoEventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void everySessionBeatsUntilItLeavesAlsoWithinABeat() throws Exception {
        var loop = group.next();
        var beats = new ArrayList<AtomicInteger>();
        loop.submit(
                        () -> {
                            var wheel = HeartbeatWheel.start(loop, Duration.ofMillis(64));
                            for (int i = 0; i < SESSIONS; i++) {
                                join(wheel, beats, i);
                            }
                        })
                .get();
        Awaitility.await().until(() -> odd(beats).allMatch(b -> b.get() >= 3));
        for (int i = 0; i < SESSIONS; i += 2) {
            assertThat(beats.get(i)).as("session %d left in its first beat", i).hasValue(1);
        }
    }

    private static Stream<AtomicInteger> odd(List<AtomicInteger> beats) {
        return IntStream.range(0, SESSIONS).filter(i -> i % 2 == 1).mapToObj(beats::get);
    }

    /// Entries at even indexes leave at once.
    private static void join(HeartbeatWheel wheel, List<AtomicInteger> beats, int index) {
        var count = new AtomicInteger();
        beats.add(count);
        var own = new HeartbeatWheel.WheelEntry[1];
        own[0] =
                wheel.join(
                        () -> {
                            count.incrementAndGet();
                            if (index % 2 == 0) {
                                wheel.leave(own[0]);
                                wheel.leave(own[0]);
                            }
                        },
                        () -> {});
    }

    /// One exception ended the heartbeats of all sessions of an event loop for good: no pings, and
    /// tokens expired unnoticed.
    @Test
    @DisplayName("I9: a beat that throws ends its own session and no other beats")
    void aFailingBeatEndsItsOwnSessionOnly() throws Exception {
        var loop = group.next();
        var beats = new AtomicInteger();
        var ended = new AtomicInteger();
        loop.submit(
                        () -> {
                            var wheel = HeartbeatWheel.start(loop, Duration.ofMillis(64));
                            wheel.join(beats::incrementAndGet, () -> {});
                            wheel.join(
                                    () -> {
                                        throw new OutOfMemoryError("as a test");
                                    },
                                    () -> {
                                        ended.incrementAndGet();
                                        throw new IllegalStateException("as a test");
                                    });
                            wheel.join(beats::incrementAndGet, () -> {});
                        })
                .get();
        Awaitility.await().until(() -> beats.get() >= 6);
        assertThat(ended).hasPositiveValue();
    }
}
