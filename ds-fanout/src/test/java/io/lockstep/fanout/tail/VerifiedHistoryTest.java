package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Entries that the store returns are checked, one by one, against the history that they claim to
/// be. A page used to be trusted for its first position and its last head: an entry changed inside
/// it was delivered without an alarm.
class VerifiedHistoryTest {
    private static final int ENTRIES = 40;

    /// The store, with its entries changed in transit.
    private static GroupLog changing(GroupLog store, UnaryOperator<LogEntry> change) {
        return new ForwardingLog(store) {
            @Override
            public Mono<ReadOutcome> read(
                    GroupId group, long afterPosition, int countMax, int bytesMax) {
                return super.read(group, afterPosition, countMax, bytesMax)
                        .map(read -> changed(read, change));
            }
        };
    }

    private static ReadOutcome changed(ReadOutcome read, UnaryOperator<LogEntry> change) {
        return read instanceof ReadOutcome.Entries(var tail, var entries)
                ? new ReadOutcome.Entries(tail, entries.stream().map(change).toList())
                : read;
    }

    private static LogEntry with(LogEntry entry, Bytes message, Bytes sha256) {
        return new LogEntry(
                entry.position(),
                entry.kind(),
                entry.epoch(),
                entry.acceptedAtMillis(),
                message,
                sha256,
                entry.head(),
                entry.rosterChange());
    }

    private static void assertFrozenBefore(int position, UnaryOperator<LogEntry> change) {
        try (var world = new FanoutHarness()) {
            world.append(ENTRIES);
            world.log.store =
                    changing(world.store, e -> e.position() == position ? change.apply(e) : e);
            var sink = world.sink();
            world.attach(sink);
            world.run();

            assertThat(sink.events).as("changed at %d", position).contains("detached group_frozen");
            assertThat(sink.events)
                    .as("changed at %d", position)
                    .doesNotContain("forged", "m" + position, "m" + (position + 1), "live 40");
            assertThat(
                            world.metrics
                                    .get("lockstep.fanout.alarms")
                                    .tag("kind", "frozen")
                                    .counter()
                                    .count())
                    .isPositive();

            // Later sessions do not receive it either.
            var later = world.sink();
            world.attach(later);
            world.run();
            assertThat(later.events).allMatch(e -> e.contains("frozen") || e.startsWith("m"));
            assertThat(later.events).doesNotContain("forged", "m" + position, "live 40");

            // After the repair, delivery continues.
            world.log.store = world.store;
            var again = world.sink();
            world.attach(again);
            world.run();
            assertThat(again.events).contains("m" + position, "live 40");
        }
    }

    // PROTOCOL R-FROZEN-3
    @Test
    @DisplayName("I2: bytes that do not match their hash freeze the group at any position")
    void changedBytesAreNotDelivered() {
        for (int position = 1; position <= ENTRIES; position++) {
            assertFrozenBefore(position, e -> with(e, GroupWriter.text("forged"), e.sha256()));
        }
    }

    // PROTOCOL R-FROZEN-3
    @Test
    @DisplayName("I2: an entry exchanged for another freezes the group at any position")
    void exchangedEntriesAreNotDelivered() {
        var forged = GroupWriter.text("forged");
        for (int position = 1; position <= ENTRIES; position++) {
            assertFrozenBefore(position, e -> with(e, forged, forged.sha256()));
        }
    }

    /// The store lost everything, and the attached session was not notified.
    @Test
    @DisplayName("I3: sessions of a group that the store no longer has are detached")
    void sessionsOfAnEmptiedStoreAreDetached() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            var sink = world.attached();
            world.log.store = new MemoryGroupLog();
            List.copyOf(world.log.followers).forEach(f -> f.complete());
            world.run();
            assertThat(sink.events).last().isEqualTo("detached group_frozen");
        }
    }

    // PROTOCOL R-FROZEN-4
    @Test
    @DisplayName("I3: a cursor of a group that the store does not know is another history")
    void cursorOfAGroupThatTheStoreDoesNotKnow() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            world.log.store = new MemoryGroupLog();
            var nobody = world.sink();
            world.attach(nobody, world.fromStart("creator", 0));
            var knows = world.sink();
            world.attach(knows, world.from("creator", 2, Bytes.EMPTY));
            world.run();
            assertThat(nobody.events).last().asString().contains("unknown_group");
            assertThat(knows.events).last().asString().contains("group_frozen");
        }
    }

    // PROTOCOL R-FROZEN-4
    @Test
    @DisplayName(
            "I3: a group that this node remembers is frozen in a store without it, for everybody")
    void rememberedGroupInAStoreWithoutIt() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            world.remembered.seen(world.group(), world.writer.logPosition().incarnation());
            world.log.store = new MemoryGroupLog();
            var sink = world.sink();
            world.attach(sink, world.fromStart("creator", 0));
            world.run();
            assertThat(sink.events).last().asString().contains("group_frozen");
        }
    }

    // Ephemeral messages.

    @Test
    @DisplayName("I9: an ephemeral message after a removal is not delivered to the removed member")
    void ephemeralDecidedAfterARemovalThatIsNotYetFollowed() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            var creator = world.attached();
            world.log.notices =
                    n -> n instanceof LogNotice.EphemeralMessage ? List.of(n) : List.of();
            world.log.slow = true;
            world.remove("bob");
            world.ephemeral("secret", 2);
            world.run();
            assertThat(creator.events).doesNotContain("~secret");

            world.log.slow = false;
            while (!world.log.unanswered.isEmpty()) {
                world.log.answerNext(0);
            }
            world.run();
            assertThat(creator.events).containsSequence("m2", "~secret");
            assertThat(bob.events).contains("m2").doesNotContain("~secret");
        }
    }

    // PROTOCOL R-SEND-7
    @Test
    void ephemeralThatCannotBePlacedIsDropped() {
        try (var world = new FanoutHarness()) {
            var creator = world.attached();
            world.ephemeral("of nowhere", 17);
            world.run();
            world.pass(3_000);
            assertThat(creator.events).doesNotContain("~of nowhere");
            world.ephemeral("of here", 0);
            world.run();
            assertThat(creator.events).last().isEqualTo("~of here");
        }
    }
}
