package io.lockstep.fanout.tail;

import static io.lockstep.fanout.tail.FanoutHarness.messages;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.GroupWriter;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Many sessions that return together, all behind. All read entries used to be evicted each second,
/// only eight buffers were cached, and a cursor between two of them had a read of its own:
/// thousands of reads for a thousand entries.
class ReconnectStormTest {
    private static final int SESSIONS = 300;
    private static final int ENTRIES = 500;

    /// As the product's, but smaller: 16 deliveries to a buffer.
    private static final FanoutLimits LIMITS =
            new FanoutLimits(64, 1 << 16, 1 << 22, 4096, 16, 64, 4, 64, 1 << 16, 4, 8192);

    @Test
    @DisplayName("I7: in a storm each entry is read once, and memory stays within its limits")
    void eachEntryIsReadOnceForAllReturningSessions() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        try (var world = new FanoutHarness(LIMITS)) {
            world.append(ENTRIES);
            var sinks = new ArrayList<FakeDeliverySink>();
            var from = new ArrayList<Long>();
            double most = 0;
            for (int i = 0; i < SESSIONS; i++) {
                var sink = world.sink(random.nextInt(2), FrameFormat.PROTO);
                long position = random.nextBoolean() ? 0 : random.nextInt(ENTRIES);
                sinks.add(sink);
                from.add(position);
                world.attach(sink, world.from("creator", position, Bytes.EMPTY));
                // Over 30 seconds; some sockets are full for a while.
                for (int steps = random.nextInt(4); steps > 0; steps--) {
                    world.step();
                    var any = sinks.get(random.nextInt(sinks.size()));
                    world.writable(any, !any.writable);
                }
                world.clock.advanceMillis(random.nextInt(120));
                most = Math.max(most, world.gauge("ring.bytes"));
            }
            sinks.forEach(sink -> world.writable(sink, true));
            world.run();

            for (int i = 0; i < SESSIONS; i++) {
                long position = from.get(i);
                assertThat(sinks.get(i).events.stream().filter(e -> e.startsWith("m")))
                        .as("seed %d, from %d", seed, position)
                        .isEqualTo(messages(position + 1, ENTRIES));
            }
            assertThat(world.count("catchup.entries")).as("seed %d", seed).isEqualTo(ENTRIES);
            assertThat(most).isLessThanOrEqualTo((double) LIMITS.ringsBytesMax());
        }
    }

    @Test
    @DisplayName("I7: evicted entries are read again, and memory stays within its limits")
    void aSmallMemoryCostsOnlyMoreReads() {
        var limits = new FanoutLimits(8, 1 << 14, 1 << 16, 4096, 16, 64, 4, 64, 1 << 16, 4, 8192);
        try (var world = new FanoutHarness(limits)) {
            world.append(ENTRIES);
            var sinks = new ArrayList<FakeDeliverySink>();
            double most = 0;
            for (int i = 0; i < 50; i++) {
                var sink = world.sink(i % 2, FrameFormat.PROTO);
                sinks.add(sink);
                world.attach(sink, world.from("creator", 0, Bytes.EMPTY));
                for (int steps = 0; steps < 20; steps++) {
                    world.step();
                    most = Math.max(most, world.gauge("ring.bytes"));
                }
            }
            world.run();
            for (var sink : sinks) {
                assertThat(sink.events).endsWith("live " + ENTRIES).hasSize(ENTRIES + 1);
            }
            assertThat(world.count("catchup.entries")).isGreaterThan(ENTRIES);
            assertThat(most).isPositive().isLessThanOrEqualTo((double) limits.ringsBytesMax());
        }
    }

    @Test
    void messagesTooLargeForOneBufferAreReadOnceToo() {
        try (var world = new FanoutHarness(LIMITS)) {
            var large = "x".repeat(1_500);
            for (int i = 0; i < 200; i++) {
                world.writer.append(world.writer.application("m" + (i + 1) + large));
            }
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 100; i++) {
                var sink = world.sink(i % 2, FrameFormat.PROTO);
                sinks.add(sink);
                world.attach(sink, world.from("creator", 0, Bytes.EMPTY));
                world.step();
                world.clock.advanceMillis(200);
            }
            world.run();
            assertThat(sinks).allSatisfy(o -> assertThat(o.events).hasSize(201));
            assertThat(world.count("catchup.entries")).isEqualTo(200);
        }
    }

    @Test
    void aCursorInTheMiddleOfAStretchThatIsTooLargeIsServedToo() {
        try (var world = new FanoutHarness(LIMITS)) {
            var large = "x".repeat(3_000);
            for (int i = 0; i < 40; i++) {
                world.writer.append(world.writer.application("m" + (i + 1) + large));
            }
            for (long position = 39; position >= 0; position -= 3) {
                var sink = world.sink();
                world.attach(sink, world.from("creator", position, Bytes.EMPTY));
                world.run();
                assertThat(sink.events).hasSize((int) (40 - position) + 1);
            }
        }
    }

    @Test
    void bothFormatsAreServed() {
        try (var world = new FanoutHarness(LIMITS)) {
            world.append(100);
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 40; i++) {
                var sink = world.sink(i % 2, i % 3 == 0 ? FrameFormat.JSON : FrameFormat.PROTO);
                sinks.add(sink);
                world.attach(sink, world.from("creator", i, Bytes.EMPTY));
                world.step();
            }
            world.run();
            for (int i = 0; i < 40; i++) {
                assertThat(sinks.get(i).events).hasSize(100 - i + 1).endsWith("live 100");
            }
            assertThat(world.count("catchup.entries")).isLessThanOrEqualTo(200);
        }
    }

    @Test
    void unusedBuffersAreEvicted() {
        try (var world = new FanoutHarness(LIMITS)) {
            world.append(100);
            world.attached();
            assertThat(world.gauge("ring.bytes")).isPositive();
            world.pass(10_100);
            assertThat(world.gauge("ring.bytes")).isZero();
        }
    }

    /// The buffer in the middle of which it begins also contains its earlier removal.
    @Test
    @DisplayName("I9: a member added again receives all from its new position on, and no more")
    void anEarlierRemovalInTheSameBufferDoesNotCount() {
        try (var world = new FanoutHarness(LIMITS)) {
            world.add("bob"); // 1
            world.append(1);
            world.remove("bob"); // 3
            world.append(2);
            world.add("bob"); // 6
            world.append(4);
            var creator = world.attached();
            assertThat(creator.events).startsWith("m1", "m2").endsWith("live 10");
            double reads = world.count("catchup.reads");

            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            assertThat(bob.events).containsExactly("m7", "m8", "m9", "m10", "live 10");
            assertThat(world.count("catchup.reads")).isEqualTo(reads);

            world.remove("bob"); // 11
            world.append(1);
            world.run();
            assertThat(bob.events).endsWith("live 10", "m11", "detached removed");
        }
    }

    @Test
    @DisplayName("I9: requests of one read are answered from a roster of their time or later")
    void membershipsAreAskedForTogether() {
        try (var world = new FanoutHarness(LIMITS)) {
            world.append(3);
            var names = new String[200];
            for (int i = 0; i < names.length; i++) {
                names[i] = "member" + i;
            }
            world.add(names); // 4
            world.append(3);
            var creator = world.attached();
            int before = world.log.memberships;
            world.log.slow = true;
            var sinks = new ArrayList<FakeDeliverySink>();
            for (var name : names) {
                var sink = world.sink();
                sinks.add(sink);
                world.attach(sink, world.fromStart(name, 0));
                world.step();
            }
            var stranger = world.sink();
            world.attach(stranger, world.fromStart("stranger", 0));
            world.step();
            // The read in progress was requested by the first session alone.
            world.remove("member7"); // 8
            world.run();
            world.log.slow = false;
            while (!world.log.unanswered.isEmpty()) {
                world.log.answerNext(0);
                world.run();
            }
            assertThat(world.log.memberships - before).isEqualTo(2);
            assertThat(stranger.events).containsExactly("refused not_a_member");
            for (int i = 0; i < names.length; i++) {
                assertThat(sinks.get(i).events)
                        .as(names[i])
                        .contains("m5", "m6", "m7", "m8")
                        .doesNotContain("m1", "m4");
            }
            assertThat(sinks.get(7).events).endsWith("m8", "detached removed");
            assertThat(creator.events).endsWith("m8");
            world.append(1);
            world.run();
            assertThat(sinks.get(7).events).endsWith("m8", "detached removed");
            assertThat(sinks.get(8).events).endsWith("m9");
        }
    }

    @Test
    void aFailedReadFailsAllItsRequests() {
        try (var world = new FanoutHarness(LIMITS)) {
            world.append(3);
            world.attached();
            world.log.available = false;
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 10; i++) {
                var sink = world.sink();
                sinks.add(sink);
                world.attach(sink);
            }
            world.run();
            assertThat(sinks)
                    .allSatisfy(o -> assertThat(o.events).containsExactly("refused unavailable"));
            world.log.available = true;
            var later = world.attached();
            assertThat(later.events).endsWith("live 3");
        }
    }

    @Test
    void noticesThatWaitTogetherAreDeliveredTogether() {
        try (var world = new FanoutHarness(LIMITS)) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 4; i++) {
                var sink = world.sink(i % 2, FrameFormat.PROTO);
                sinks.add(sink);
                world.attach(sink);
            }
            world.run();
            double before = world.count("passes");
            for (int i = 1; i <= 5; i++) {
                world.append(1); // a notice each
            }
            world.run();
            for (var sink : sinks) {
                assertThat(sink.writes).containsExactly("m1 m2 m3 m4 m5");
            }
            assertThat(world.count("passes") - before).as("one on each loop").isEqualTo(2);
        }
    }

    /// As after a restart: nothing is in memory, and each session has another position. A result
    /// used to wait for its slice while the next read had started already. A result is held in both
    /// formats, up to nearly two buffers long.
    @Test
    @DisplayName("I7: a result that waits for delivery counts against the limit of reads")
    void resultsThatWaitForDeliveryStayWithinTheirLimit() {
        var limits = new FanoutLimits(8, 1 << 13, 1 << 14, 4096, 4, 8, 2, 64, 1 << 16, 4, 8192);
        try (var world = new FanoutHarness(limits)) {
            world.log.slowReads = true;
            var most = new AtomicLong();
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int g = 0; g < 25; g++) {
                var writer = GroupWriter.create(world.store);
                for (int m = 1; m <= 4; m++) {
                    writer.append(writer.application("m" + m + "x".repeat(m < 4 ? 1_350 : 4_000)));
                }
                for (int i = 0; i < 8; i++) {
                    var format = i < 4 ? FrameFormat.PROTO : FrameFormat.JSON;
                    var sink = world.sink(g % 2, format);
                    sink.duringWrite =
                            () ->
                                    most.accumulateAndGet(
                                            world.allocator.metric().usedDirectMemory(), Math::max);
                    sinks.add(sink);
                    world.attachCreator(sink, writer, i % 4);
                }
            }
            world.run();
            world.holdReads();
            world.log.slowReads = false;
            while (!world.log.unanswered.isEmpty()) {
                world.log.answerNext(0);
            }
            // Sessions that close while their read is in progress block nothing.
            for (int i = 0; i < 40; i++) {
                world.step();
                world.close(sinks.get(i * 5));
            }
            world.run();
            for (int i = 0; i < sinks.size(); i++) {
                if (i % 5 != 0) {
                    assertThat(sinks.get(i).events).as("sink %d", i).endsWith("live 4");
                }
            }
            long twoBuffersForEachRead = limits.ringsBytesMax() + 4L * limits.joinedBytesMax();
            assertThat(most.get()).isBetween(twoBuffersForEachRead, limits.worstCaseBytes(0));
        }
    }
}
