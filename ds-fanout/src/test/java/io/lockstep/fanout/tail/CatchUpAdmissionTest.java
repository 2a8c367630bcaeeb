package io.lockstep.fanout.tail;

import static io.lockstep.fanout.tail.FanoutHarness.messages;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupWriter;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Many sessions far behind on one event loop. All used to be served in parallel: each was late,
/// and the kernel buffered bytes of all of them.
class CatchUpAdmissionTest {
    private static final int ENTRIES = 40;
    private static final int SLOTS = FanoutHarness.SMALL.catchUpSessionsMax();

    /// Longer than a session keeps a slot without reading.
    private static final long LONG_MILLIS = 1_200;

    private final List<FakeDeliverySink> sinks = new ArrayList<>();

    /// Sinks that have received some, but not all, entries.
    private final Set<FakeDeliverySink> underWay = new HashSet<>();

    private int readsMax;

    private FakeDeliverySink comesBack(FanoutHarness world, long position) {
        var sink = world.sink();
        sink.duringWrite =
                () -> {
                    boolean isDone = sink.events.contains("m" + ENTRIES);
                    if (isDone) {
                        underWay.remove(sink);
                    } else {
                        underWay.add(sink);
                    }
                    readsMax = Math.max(readsMax, underWay.size());
                };
        sinks.add(sink);
        world.attach(sink, world.from("creator", position, Bytes.EMPTY));
        return sink;
    }

    /// Gives all slots to the first sinks, whose sockets are full after each write.
    private void takeAllPlaces(FanoutHarness world) {
        for (int i = 0; i < SLOTS; i++) {
            var slow = comesBack(world, 0);
            slow.duringWrite = () -> slow.writable = false;
        }
    }

    private static boolean isUpToDate(FakeDeliverySink sink) {
        return sink.events.equals(concat(messages(1, ENTRIES), "live " + ENTRIES));
    }

    private static List<String> concat(List<String> messages, String last) {
        var all = new ArrayList<>(messages);
        all.add(last);
        return all;
    }

    @Test
    @DisplayName("I7: a limited number of sessions catches up at a time, then the others")
    void aLimitedNumberOfSessionsCatchesUpAtATime() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            for (int i = 0; i < 20; i++) {
                comesBack(world, 0);
            }
            world.run();
            assertThat(sinks).allMatch(CatchUpAdmissionTest::isUpToDate);
            assertThat(readsMax).isEqualTo(SLOTS);
        }
    }

    @Test
    void aSessionThatReadsNothingLosesItsSlotAndEntersTheLineAgain() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            takeAllPlaces(world);
            world.run();
            var later = comesBack(world, 0);
            world.run();
            assertThat(later.events).as("while all slots are taken").isEmpty();

            world.pass(LONG_MILLIS);
            assertThat(isUpToDate(later)).isTrue();

            for (int i = 0; i < SLOTS; i++) {
                sinks.get(i).duringWrite = () -> {};
                world.writable(sinks.get(i), true);
            }
            world.run();
            assertThat(sinks).allMatch(CatchUpAdmissionTest::isUpToDate);
        }
    }

    @Test
    void aSessionThatDoesNotAcknowledgeLosesItsSlotToo() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            for (int i = 0; i < SLOTS; i++) {
                world.attach(world.sink(), world.fromStart("creator", 3));
            }
            world.run();
            var later = comesBack(world, 0);
            world.pass(LONG_MILLIS);
            assertThat(isUpToDate(later)).isTrue();
        }
    }

    @Test
    void aSessionThatContinuesToReadKeepsItsSlot() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            takeAllPlaces(world);
            world.run();
            var later = comesBack(world, 0);
            int turns = ENTRIES / FanoutHarness.SMALL.joinedCountMax() - 1;
            for (int turn = 1; turn < turns; turn++) {
                world.pass(200);
                assertThat(later.events).as("turn %d", turn).isEmpty();
                for (var slow : sinks.subList(0, SLOTS)) {
                    world.writable(slow, true);
                }
            }
            world.run();
            assertThat(sinks.getFirst().events).hasSize(4 * turns);
        }
    }

    /// Sessions that read a little at a time used to keep all slots for ever.
    @Test
    void aSessionThatReadsALittleAtATimeDoesNotKeepItsSlotForEver() {
        try (var world = new FanoutHarness()) {
            int many = 2_000;
            world.append(many);
            takeAllPlaces(world);
            world.run();
            var later = comesBack(world, many - ENTRIES);
            for (int passed = 0; passed < 12_000; passed += 400) {
                world.pass(400);
                for (var slow : sinks.subList(0, SLOTS)) {
                    world.writable(slow, true);
                }
            }
            world.run();
            assertThat(sinks.getFirst().events).doesNotContain("m" + many);
            assertThat(later.events).endsWith("m" + many, "live " + many);
        }
    }

    @Test
    void aSessionThatLacksLittleWaitsForNoSlot() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            takeAllPlaces(world);
            comesBack(world, 0);
            world.run();
            var nearly = comesBack(world, ENTRIES - FanoutHarness.SMALL.joinedCountMax());
            world.run();
            assertThat(nearly.events).endsWith("m" + ENTRIES, "live " + ENTRIES);
            assertThat(sinks.get(SLOTS).events).isEmpty();
        }
    }

    @Test
    void aClosedSessionLeavesItsSlotToTheNext() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            takeAllPlaces(world);
            world.run();
            var goes = comesBack(world, 0);
            var next = comesBack(world, 0);
            world.run();
            world.close(goes); // in the line
            world.close(sinks.getFirst());
            world.run();
            assertThat(goes.events).isEmpty();
            assertThat(isUpToDate(next)).isTrue();
        }
    }

    /// Each attachment used to stay in the line until it got a slot, which takes minutes in a
    /// reconnect storm.
    @Test
    void aSessionThatAttachesRepeatedlyWaitsInTheLineOnce() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            takeAllPlaces(world);
            world.run();
            var insists = comesBack(world, 0);
            for (int i = 0; i < 100; i++) {
                world.attach(insists, world.from("creator", 0, Bytes.EMPTY));
                world.run();
            }
            var next = comesBack(world, 0);
            world.run();
            assertThat(world.gauge("sessions.behind")).isEqualTo(SLOTS + 2);
            world.pass(LONG_MILLIS);
            assertThat(isUpToDate(insists)).isTrue();
            assertThat(isUpToDate(next)).isTrue();
        }
    }

    @Test
    void aSessionKeepsItsSlotForAllItsGroups() {
        try (var world = new FanoutHarness()) {
            var sink = world.sink();
            for (int g = 0; g < 5; g++) {
                var writer = GroupWriter.create(world.store);
                for (int m = 1; m <= ENTRIES; m++) {
                    writer.append(writer.application("m" + m));
                }
                world.attachCreator(sink, writer);
            }
            world.append(ENTRIES);
            for (int i = 0; i < SLOTS; i++) {
                comesBack(world, 0);
            }
            world.run();
            assertThat(sink.events.stream().filter(e -> e.equals("live " + ENTRIES))).hasSize(5);
            assertThat(sinks).allMatch(CatchUpAdmissionTest::isUpToDate);
            assertThat(readsMax).as("besides the one of many groups").isLessThan(SLOTS);
        }
    }

    /// A session used to keep its slot until the slice of its second group, which came after all
    /// sessions that waited for the slot.
    @Test
    void manySessionsOfTwoGroupsAllCatchUp() {
        try (var world = new FanoutHarness()) {
            var second = GroupWriter.create(world.store);
            for (int m = 1; m <= ENTRIES; m++) {
                second.append(second.application("m" + m));
            }
            world.append(ENTRIES);
            for (int i = 0; i < 3 * SLOTS; i++) {
                comesBack(world, 0);
            }
            sinks.forEach(sink -> world.attachCreator(sink, second));
            world.pass(LONG_MILLIS);
            for (var sink : sinks) {
                assertThat(sink.events.stream().filter(e -> e.equals("live " + ENTRIES)))
                        .hasSize(2);
            }
        }
    }

    @Test
    void eachEventLoopHasItsOwnSlots() {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            for (int i = 0; i < SLOTS + 1; i++) {
                var stuck = comesBack(world, 0);
                stuck.duringWrite = () -> stuck.writable = false;
            }
            var elsewhere = world.sink(1, FrameFormat.PROTO);
            world.attach(elsewhere, world.from("creator", 0, Bytes.EMPTY));
            world.run();
            assertThat(isUpToDate(elsewhere)).isTrue();
        }
    }
}
