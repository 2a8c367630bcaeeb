package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

/// Misleading notices, and stores that lost or changed history.
class TripwireTest {
    @Test
    void lostNoticesAreReadAtTheNextCheck() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.log.notices = _ -> List.of();
            world.append(30);
            world.run();
            assertThat(sink.events).containsExactly("live 0");
            check(world);
            assertThat(sink.events).last().isEqualTo("m30");
        }
    }

    /// The notice came between the store's first answer and the arrival of that answer. It used to
    /// be dropped, and the message was not delivered until the next notice.
    @Test
    void aNoticeThatOvertakesTheFirstAnswerIsNotLost() {
        try (var world = new FanoutHarness()) {
            var sink = world.sink();
            var answered = Sinks.<ReadOutcome>one();
            world.log.readInstead = answered.asMono();
            world.attach(sink, world.fromStart("creator", 0));
            world.run();
            var old = world.store.read(world.group(), 0, 8, 4096).blockOptional().orElseThrow();
            world.log.readInstead = null;
            world.append(1);
            world.run();
            answered.tryEmitValue(old).orThrow();
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1");
        }
    }

    @Test
    void aHoleBetweenNoticesIsRead() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.log.notices = _ -> List.of();
            world.append(2);
            world.log.notices = List::of;
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1", "m2", "m3");
        }
    }

    @Test
    void duplicateNoticesAreDeliveredOnce() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.log.notices = notice -> List.of(notice, notice);
            world.append(2);
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1", "m2", "m3");
        }
    }

    @Test
    void anOldCheckIsNoAlarm() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            var old = world.check(world.store);
            world.append(2);
            world.run();
            world.log.tell(old);
            world.run();
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1", "m2", "m3");
        }
    }

    @Test
    void aNoticeOfAnotherHistoryIsNotDelivered() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            var text = GroupWriter.text("forged");
            var sha = text.sha256();
            var head = GroupHead.next(sha, world.group(), 1, EntryKind.APPLICATION, sha);
            var forged =
                    new LogEntry(1, EntryKind.APPLICATION, 0, 1, text, sha, head, RosterDelta.NONE);
            world.log.tell(new LogNotice.EntriesAppended(world.group(), List.of(forged)));
            world.run();
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "m1");
        }
    }

    @Test
    void moreNoticesThanMayWaitAreReadFromTheLog() {
        var limits = new FanoutLimits(8, 1 << 16, 1 << 20, 4096, 4, 8, 2, 64, 4096, 4, 8192);
        try (var world = new FanoutHarness(limits)) {
            var sink = world.attached();
            for (int i = 0; i < 40; i++) {
                world.append(1);
            }
            world.run();
            assertThat(sink.events).hasSize(41).last().isEqualTo("m40");
            assertThat(world.count("notices.dropped")).isGreaterThan(0);
        }
    }

    @Test
    void aFollowerThatWasCutOffFollowsAgain() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.log.cut(world.group());
            world.append(3);
            world.run();
            assertThat(sink.events).containsExactly("live 0");
            world.pass(1_000);
            assertThat(sink.events).containsExactly("live 0", "m1", "m2", "m3");
        }
    }

    // PROTOCOL R-FROZEN-1
    @Test
    @DisplayName("I3: a store that went backwards freezes the group, and an alarm is raised")
    void aStoreThatWentBackwardsFreezesTheGroup() {
        try (var world = new FanoutHarness()) {
            world.append(5);
            var sink = world.attached();
            var slow = world.attached();
            slow.writable = false;
            world.append(1);
            world.run();
            world.log.store = copyOf(world, 3, "m");
            check(world);
            assertThat(sink.events).endsWith("m6", "detached group_frozen");
            assertThat(slow.events).endsWith("live 5", "detached group_frozen");
            assertThat(
                            world.metrics
                                    .get("lockstep.fanout.alarms")
                                    .tag("kind", "frozen")
                                    .counter()
                                    .count())
                    .isEqualTo(1);
        }
    }

    // PROTOCOL R-FROZEN-1
    @Test
    @DisplayName("I3: a store that holds another history freezes the group")
    void aStoreWithAnotherHistoryFreezesTheGroup() {
        for (int count : new int[] {5, 8, 30}) {
            try (var world = new FanoutHarness()) {
                world.append(5);
                var sink = world.attached();
                world.log.store = copyOf(world, count, "x");
                check(world);
                assertThat(sink.events).endsWith("m5", "live 5", "detached group_frozen");
            }
        }
    }

    @Test
    void aStoreThatLostTheGroupFreezesIt() {
        try (var world = new FanoutHarness()) {
            world.append(5);
            var sink = world.attached();
            world.log.store = new MemoryGroupLog();
            var elsewhere =
                    new LogPosition(world.writer.logPosition().incarnation(), 0, Bytes.EMPTY);
            world.log.tell(new LogNotice.CheckTail(world.group(), new GroupTail(elsewhere, 0, 1)));
            world.run();
            assertThat(sink.events).endsWith("detached group_frozen");
        }
    }

    @Test
    void aFrozenGroupStaysSoUntilItsHistoryIsBack() {
        try (var world = new FanoutHarness()) {
            world.append(5);
            var sink = world.attached();
            world.log.store = copyOf(world, 3, "m");
            check(world);
            world.attach(sink);
            world.run();
            assertThat(sink.events).endsWith("detached group_frozen", "refused group_frozen");
            world.close(sink);
            world.run();
            assertThat(world.fanout.frozenGroups()).isEqualTo(1);

            world.log.store = world.store;
            var later = world.attached();
            assertThat(world.fanout.frozenGroups()).isZero();
            assertThat(later.events).containsExactly("m1", "m2", "m3", "m4", "m5", "live 5");
            world.append(1);
            world.run();
            assertThat(later.events).last().isEqualTo("m6");
        }
    }

    @Test
    void aFrozenGroupThatIsDeletedIsNoLongerFrozen() {
        try (var world = new FanoutHarness()) {
            world.append(5);
            var sink = world.attached();
            world.log.store = copyOf(world, 3, "m");
            check(world);
            assertThat(sink.events).endsWith("detached group_frozen");
            var incarnation = world.writer.logPosition().incarnation();
            world.log
                    .store
                    .delete(world.group(), new DeleteCondition.SameIncarnation(incarnation))
                    .block();

            world.log.cut(world.group());
            world.pass(1_000);

            assertThat(world.fanout.frozenGroups()).isZero();
        }
    }

    @Test
    @DisplayName("I2: entries read of another history while the group froze are not delivered")
    void entriesReadOfAnotherHistoryAreDiscarded() {
        for (boolean answeredWhileFrozen : new boolean[] {true, false}) {
            try (var world = new FanoutHarness()) {
                world.append(50);
                // Its membership is read twice, so that it is not yet attached when the group
                // freezes.
                world.log.slowReads = true;
                world.log.slow = true;
                var other = world.sink();
                world.attach(other, world.from("creator", 1, Bytes.EMPTY));
                var sink = world.attached();
                world.log.slow = false;
                world.log.answerNext(0);
                world.run();
                world.log.slow = true;
                world.log.answerNext(0); // the first read of the log
                world.run();
                world.log.slow = false;
                world.log.slowReads = false;
                assertThat(world.log.unanswered).hasSize(2);
                var read = world.log.unanswered.removeLast();

                var foreign = copyOf(world, 30, "x");
                world.log.store = foreign;
                check(world);
                assertThat(sink.events).containsExactly("detached group_frozen");
                if (answeredWhileFrozen) {
                    read.run();
                    world.run();
                }
                world.log.store = world.store;
                check(world);
                if (!answeredWhileFrozen) {
                    world.log.store = foreign;
                    read.run();
                    world.log.store = world.store;
                    world.run();
                }
                world.log.answerNext(0);
                world.run();
                assertThat(other.events.subList(0, 49)).isEqualTo(FanoutHarness.messages(2, 50));
            }
        }
    }

    private static void check(FanoutHarness world) {
        world.log.tell(world.check(world.log.store));
        world.run();
    }

    /// The same group under the same incarnation in another store, with this many entries.
    private static MemoryGroupLog copyOf(FanoutHarness world, int count, String text) {
        var copy = new MemoryGroupLog();
        copy.create(world.group(), GroupWriter.newGroup(world.group(), GroupRules.DEFAULT)).block();
        var tail = copy.tail(world.group()).blockOptional().orElseThrow();
        var batch = new ArrayList<NewEntry>();
        var head = tail.last().head();
        for (int p = 1; p <= count; p++) {
            var bytes = GroupWriter.text(text + p);
            head = GroupHead.next(head, world.group(), p, EntryKind.APPLICATION, bytes.sha256());
            batch.add(
                    NewEntry.of(
                            new LogEntry(
                                    p,
                                    EntryKind.APPLICATION,
                                    0,
                                    1_000,
                                    bytes,
                                    bytes.sha256(),
                                    head,
                                    RosterDelta.NONE)));
        }
        copy.append(world.group(), tail.last(), batch).block();
        return copy;
    }
}
