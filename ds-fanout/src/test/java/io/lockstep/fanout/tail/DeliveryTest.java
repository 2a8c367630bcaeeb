package io.lockstep.fanout.tail;

import static io.lockstep.fanout.tail.FanoutHarness.messages;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Deliveries to sessions that accept their bytes.
class DeliveryTest {
    // PROTOCOL R-ATTACH-3
    @Test
    void anEmptyGroupIsLiveAtOnce() {
        try (var world = new FanoutHarness()) {
            assertThat(world.attached().events).containsExactly("live 0");
        }
    }

    // PROTOCOL R-ATTACH-1 R-ATTACH-3
    @Test
    void historyComesFirstThenLiveThenNewEntries() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            var sink = world.attached();
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("m1", "m2", "m3", "live 3", "m4");
        }
    }

    // PROTOCOL R-DELIVERY-1
    @Test
    @DisplayName(
            "I2: every session receives the same dense bytes, on every loop and in every format")
    void everySessionIsShownTheSame() {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 40; i++) {
                var format = i % 5 == 0 ? FrameFormat.JSON : FrameFormat.PROTO;
                var sink = world.sink(i % 2, format);
                sinks.add(sink);
                world.attach(sink);
                if (i % 3 == 0) {
                    world.run();
                }
                world.append(1 + i % 3);
            }
            world.run();
            long last = world.writer.logPosition().position();
            for (var sink : sinks) {
                assertThat(sink.events)
                        .filteredOn(event -> event.startsWith("m"))
                        .isEqualTo(messages(1, last));
                assertThat(sink.events).filteredOn(e -> e.startsWith("live")).hasSize(1);
            }
        }
    }

    @Test
    void entriesThatWaitTogetherAreOneWritePerSession() {
        try (var world = new FanoutHarness()) {
            var first = world.attached();
            var second = world.sink(1, FrameFormat.PROTO);
            world.attach(second);
            world.run();
            world.append(1);
            world.append(1);
            world.append(2);
            world.run();
            assertThat(first.writes).containsExactly("m1 m2 m3 m4");
            assertThat(second.writes).containsExactly("m1 m2 m3 m4");
        }
    }

    @Test
    void aJoinedBufferIsNoLongerThanItsLimits() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.append(6);
            world.run();
            assertThat(sink.writes).containsExactly("m1 m2 m3 m4", "m5 m6");
        }
    }

    @Test
    void aPassYieldsTheLoopAfterASlice() {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 20; i++) {
                sinks.add(world.attached());
            }
            var shownAtOtherWork = new ArrayList<Long>();
            var loop = world.loops.getFirst();
            Runnable otherWork =
                    () ->
                            shownAtOtherWork.add(
                                    sinks.stream().mapToLong(o -> o.writes.size()).sum());
            sinks.forEach(sink -> sink.duringWrite = () -> loop.execute(otherWork));
            world.append(1);
            world.run();
            assertThat(shownAtOtherWork).contains(8L, 16L, 20L).isSubsetOf(8L, 16L, 20L);
        }
    }

    @Test
    void entriesThatArriveDuringAPassAreJoinedInTheNext() {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 20; i++) {
                sinks.add(world.attached());
            }
            sinks.getFirst().duringWrite =
                    () -> {
                        sinks.getFirst().duringWrite = () -> {};
                        world.append(1);
                        world.append(1);
                    };
            world.append(1);
            world.run();
            assertThat(sinks).allSatisfy(o -> assertThat(o.writes).hasSize(2));
            assertThat(sinks).allSatisfy(o -> assertThat(o.writes.get(1)).isEqualTo("m2 m3"));
        }
    }

    @Test
    void aSessionThatAttachesDuringAPassReceivesEachPositionOnce() {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 20; i++) {
                sinks.add(world.attached());
            }
            var late = world.sink();
            sinks.getFirst().duringWrite = () -> world.attach(late);
            world.append(1);
            world.run();
            assertThat(late.events).containsExactly("m1", "live 1");
        }
    }

    @Test
    void sessionsMayLeaveInTheMiddleOfAPass() {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 20; i++) {
                sinks.add(world.attached());
            }
            // The fourth session to be written to closes itself, two before it and three after it.
            sinks.get(3).duringWrite =
                    () -> {
                        for (int i : new int[] {0, 2, 3, 7, 8, 19}) {
                            world.close(sinks.get(i));
                        }
                    };
            world.append(1);
            world.run();
            for (int i = 0; i < 20; i++) {
                boolean gone = i == 7 || i == 8 || i == 19;
                assertThat(sinks.get(i).writes).as("session %d", i).hasSize(gone ? 0 : 1);
            }
        }
    }

    @Test
    void theLastSessionMayLeaveFromWithinItsWrite() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            sink.duringWrite = () -> world.close(sink);
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1");
            assertThat(world.log.followers).isEmpty();
        }
    }

    // PROTOCOL R-ATTACH-4
    @Test
    void aSecondAttachStartsAgainFromItsCursor() {
        try (var world = new FanoutHarness()) {
            world.append(2);
            var sink = world.attached();
            world.attach(sink, world.from("creator", 1, Bytes.EMPTY));
            world.run();
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("m1", "m2", "live 2", "m2", "live 2", "m3");
        }
    }

    // PROTOCOL R-DETACH-1 R-DETACH-2
    @Test
    void nothingComesAfterDetach() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.fanout.detach(sink, world.group());
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "detached requested");
        }
    }

    // PROTOCOL R-ATTACH-5
    @Test
    void aDetachOvertakesAnAttachThatWaitsForTheLog() {
        try (var world = new FanoutHarness()) {
            world.log.slow = true;
            var sink = world.sink();
            world.attach(sink);
            world.fanout.detach(sink, world.group());
            world.log.answerNext(0);
            world.run();
            assertThat(sink.events).containsExactly("detached requested");
        }
    }

    @Test
    void theLogIsFollowedOnceAndOnlyWhileASessionIsAttached() {
        try (var world = new FanoutHarness()) {
            var first = world.attached();
            var second = world.sink(1, FrameFormat.JSON);
            world.attach(second);
            world.run();
            assertThat(world.log.followers).hasSize(1);
            world.close(first);
            world.run();
            assertThat(world.log.followers).hasSize(1);
            world.close(second);
            world.run();
            assertThat(world.log.followers).isEmpty();
        }
    }

    @Test
    void theMetricsCountTheBytesThatWereWritten() {
        try (var world = new FanoutHarness()) {
            for (int i = 0; i < 20; i++) {
                world.attached();
            }
            world.append(3);
            world.run();
            assertThat(world.count("deliveries")).isEqualTo(60);
            assertThat(world.count("passes")).isEqualTo(1);
            assertThat(world.gauge("sessions.attached")).isEqualTo(20);
        }
    }
}
