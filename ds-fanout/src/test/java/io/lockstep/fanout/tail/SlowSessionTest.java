package io.lockstep.fanout.tail;

import static io.lockstep.fanout.tail.FanoutHarness.messages;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.log.GroupWriter;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Sessions whose socket is full, or whose client requested a window.
class SlowSessionTest {
    @Test
    @DisplayName(
            "I7: a full socket buffers nothing and delays nobody, and catches up without a hole")
    void aFullSocketCostsAPosition() {
        try (var world = new FanoutHarness()) {
            var slow = world.attached();
            var quick = world.attached();
            slow.writable = false;
            long most = 0;
            for (int i = 1; i <= 500; i++) {
                world.append(1);
                world.run();
                assertThat(quick.events).last().isEqualTo("m" + i);
                most = Math.max(most, world.allocator.metric().usedDirectMemory());
            }
            assertThat(slow.events).containsExactly("live 0");
            // 8 entries in the ring, of at most 200 bytes: the memory does not depend on the 500.
            assertThat(most).isLessThan(8 * 400);
            assertThat(world.gauge("sessions.behind")).isEqualTo(1);

            world.writable(slow, true);
            world.run();
            assertThat(slow.events.subList(1, 501)).isEqualTo(messages(1, 500));
            world.append(1);
            world.run();
            assertThat(slow.events).last().isEqualTo("m501");
            assertThat(world.gauge("sessions.behind")).isZero();
        }
    }

    @Test
    void aSocketThatFillsDuringCatchUpContinuesLater() {
        try (var world = new FanoutHarness()) {
            world.append(30);
            var sink = world.sink();
            sink.duringWrite = () -> sink.writable = false;
            world.attach(sink);
            for (int turn = 1; turn <= 7; turn++) {
                world.run();
                assertThat(sink.writes).hasSize(turn);
                world.writable(sink, true);
            }
            world.run();
            assertThat(sink.events.subList(0, 30)).isEqualTo(messages(1, 30));
            world.writable(sink, true);
            world.run();
            assertThat(sink.events).last().isEqualTo("live 30");
        }
    }

    // PROTOCOL R-ATTACH-3
    @Test
    void liveIsSentOnceThoughASessionFallsBehindAgain() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            for (int i = 0; i < 3; i++) {
                sink.writable = false;
                world.append(2);
                world.run();
                world.writable(sink, true);
                world.run();
            }
            assertThat(sink.events).containsExactly("live 0", "m1", "m2", "m3", "m4", "m5", "m6");
        }
    }

    // PROTOCOL R-ACK-1 R-WINDOW-1 R-WINDOW-3
    @Test
    void aWindowHoldsDeliveriesBackUntilTheyAreAcknowledged() {
        try (var world = new FanoutHarness()) {
            var sink = world.sink();
            world.attach(sink, world.fromStart("creator", 3));
            world.run();
            world.append(7);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1", "m2", "m3");
            world.fanout.ack(sink, world.group(), 2);
            world.run();
            assertThat(sink.events.subList(4, 6)).containsExactly("m4", "m5");
            assertThat(sink.events).hasSize(6);
            world.fanout.ack(sink, world.group(), 5);
            world.run();
            assertThat(sink.events.subList(6, 8)).containsExactly("m6", "m7");
        }
    }

    // PROTOCOL R-WINDOW-1 R-WINDOW-2 R-LIVE-1
    @Test
    void aWindowHoldsHistoryBackToo() {
        try (var world = new FanoutHarness()) {
            world.append(20);
            var sink = world.sink();
            world.attach(sink, world.fromStart("creator", 5));
            for (int position = 0; position < 20; position += 5) {
                world.fanout.ack(sink, world.group(), position);
                world.run();
                assertThat(sink.events.stream().filter(e -> e.startsWith("m")))
                        .isEqualTo(messages(1, position + 5));
            }
            assertThat(sink.events).last().isEqualTo("live 20");
        }
    }

    // PROTOCOL R-WINDOW-2 R-ATTACH-2 R-CURSOR-4
    @Test
    void theWindowBeginsBeforeTheFirstDelivery() {
        try (var world = new FanoutHarness()) {
            world.append(6);
            world.add("bob");
            world.append(4);
            for (var cursor :
                    List.of(world.fromStart("bob", 2), world.from("bob", 3, Bytes.EMPTY, 2))) {
                var bob = world.sink();
                world.attach(bob, cursor);
                world.run();
                assertThat(bob.events).containsExactly("m8", "m9");
                world.fanout.ack(bob, world.group(), 9);
                world.run();
                assertThat(bob.events)
                        .as("live needs no room in the window")
                        .containsExactly("m8", "m9", "m10", "m11", "live 11");
            }
        }
    }

    // PROTOCOL R-ACK-6 R-WINDOW-2
    @Test
    void anAckCannotCloseTheWindowAndDoesNotOutliveItsAttach() {
        try (var world = new FanoutHarness()) {
            world.append(9);
            var sink = world.sink();
            world.attach(sink, world.fromStart("creator", 2));
            world.run();
            world.fanout.ack(sink, world.group(), 4);
            world.fanout.ack(sink, world.group(), 1);
            world.run();
            assertThat(sink.events).isEqualTo(messages(1, 6));

            sink.events.clear();
            world.attach(sink, world.fromStart("creator", 2));
            world.run();
            assertThat(sink.events).isEqualTo(messages(1, 2));
        }
    }

    // PROTOCOL R-ACK-1 R-WINDOW-2
    /// A client that learned entries from a refusal acknowledges them while its attach is in
    /// progress, and drops their deliveries. That ack was ignored, and the window stayed closed for
    /// ever.
    @Test
    void anAckBeforeTheFirstAnswerToItsAttachCounts() {
        try (var world = new FanoutHarness()) {
            world.append(2);
            var head = world.writer.logPosition().head();
            world.append(7);
            for (var cursor :
                    List.of(
                            world.from("creator", 2, Bytes.EMPTY, 2),
                            world.from("creator", 2, head, 2))) {
                var sink = world.sink();
                world.attach(sink, cursor);
                world.fanout.ack(sink, world.group(), 6);
                world.run();
                assertThat(sink.events).isEqualTo(messages(3, 8));
                world.close(sink);

                world.log.slow = true;
                var waiting = world.sink();
                world.attach(waiting, cursor);
                world.run();
                world.fanout.ack(waiting, world.group(), 6);
                world.log.slow = false;
                world.log.answerNext(0);
                world.run();
                assertThat(waiting.events).isEqualTo(messages(3, 8));
                world.close(waiting);
            }
        }
    }

    // PROTOCOL R-ACK-3
    /// A client that learned entries from a refusal acknowledges them before they are delivered,
    /// and drops the deliveries. When acknowledgements were limited to delivered positions, its
    /// window stayed closed for ever.
    @Test
    void anAckAheadOfTheDeliveriesOpensTheWindowFromThere() {
        try (var world = new FanoutHarness()) {
            var sink = world.sink();
            world.attach(sink, world.fromStart("creator", 2));
            world.run();
            world.append(9);
            world.run();
            world.fanout.ack(sink, world.group(), 5);
            world.fanout.ack(sink, world.group(), -1);
            world.run();
            assertThat(sink.events)
                    .containsExactly("live 0", "m1", "m2", "m3", "m4", "m5", "m6", "m7");
            world.fanout.ack(sink, world.group(), Long.MAX_VALUE);
            world.run();
            assertThat(sink.events).endsWith("m8", "m9");
        }
    }

    @Test
    void manyCursorsAtOnePositionShareOneReadAndOneBuffer() {
        try (var world = new FanoutHarness()) {
            world.append(100);
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 100; i++) {
                var sink = world.sink(i % 2, FrameFormat.PROTO);
                sinks.add(sink);
                world.attach(sink);
            }
            world.run();
            assertThat(sinks).allSatisfy(o -> assertThat(o.events).hasSize(101));
            // 4 to a buffer are 25 reads. One loop here finishes before the other begins.
            assertThat(world.count("catchup.reads")).isLessThanOrEqualTo(50);
        }
    }

    @Test
    void theGroupsOfASlowSocketAreServedInTurn() {
        try (var world = new FanoutHarness()) {
            world.append(40);
            var other = GroupWriter.create(world.store);
            for (int i = 1; i <= 40; i++) {
                other.append(other.application("n" + i));
            }
            var sink = world.sink();
            sink.duringWrite = () -> sink.writable = false;
            world.attach(sink);
            world.fanout.attach(
                    sink,
                    new AttachRequest(
                            other.group(),
                            GroupWriter.member("creator"),
                            1,
                            Bytes.EMPTY,
                            0,
                            Bytes.EMPTY,
                            0));
            for (int i = 0; i < 10; i++) {
                world.run();
                world.writable(sink, true);
            }
            long first = sink.writes.stream().filter(w -> w.startsWith("m")).count();
            assertThat(first).isBetween(4L, 6L);
            assertThat(sink.writes).hasSize(10);
        }
    }

    @Test
    void aGroupThatMustBeReadIsNotStarvedByOneThatIsInMemory() {
        try (var world = new FanoutHarness()) {
            var old = GroupWriter.create(world.store);
            for (int i = 1; i <= 100; i++) {
                old.append(old.application("old" + i));
            }
            var sink = world.attached();
            sink.duringWrite = () -> sink.writable = false;
            sink.writable = false;
            world.fanout.attach(
                    sink,
                    new AttachRequest(
                            old.group(),
                            GroupWriter.member("creator"),
                            1,
                            Bytes.EMPTY,
                            0,
                            Bytes.EMPTY,
                            0));
            for (int i = 0; i < 20; i++) {
                world.append(4);
                world.run();
                world.writable(sink, true);
            }
            world.run();
            assertThat(sink.writes.stream().filter(w -> w.startsWith("old")).count())
                    .as("of 20 writes")
                    .isBetween(7L, 13L);
        }
    }

    @Test
    void cursorsThatAreBehindWaitForAnUnavailableLogAndThenContinue() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            sink.writable = false;
            world.append(50);
            world.run();
            world.log.available = false;
            world.writable(sink, true);
            world.pass(1_000);
            assertThat(sink.events).containsExactly("live 0");
            world.log.available = true;
            world.pass(10_000);
            assertThat(sink.events).last().isEqualTo("m50");
        }
    }

    @Test
    void aSessionThatClosesDuringItsReadLeaksNothing() {
        try (var world = new FanoutHarness()) {
            world.append(50);
            world.log.slow = true;
            var sink = world.sink();
            world.attach(sink);
            for (int i = 0; i < 2; i++) {
                world.log.answerNext(0);
                world.run();
            }
            assertThat(world.log.unanswered).hasSize(1);
            world.close(sink);
            world.run();
            world.log.answerNext(0);
            world.run();
            assertThat(sink.events).isEmpty();
        }
    }
}
