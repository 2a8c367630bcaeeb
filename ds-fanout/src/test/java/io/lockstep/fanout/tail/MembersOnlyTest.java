package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.RosterDelta;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Which sessions receive which entries.
class MembersOnlyTest {
    @Test
    @DisplayName("I9: a non-member is refused and receives nothing")
    void strangersAreRefused() {
        try (var world = new FanoutHarness()) {
            world.append(2);
            var sink = world.sink();
            world.attach(sink, world.fromStart("stranger", 0));
            world.append(1);
            world.run();
            assertThat(sink.events).containsExactly("refused not_a_member");
            assertThat(world.log.followers).isEmpty();
        }
    }

    @Test
    void anUnknownGroupIsRefused() {
        try (var world = new FanoutHarness()) {
            var sink = world.sink();
            world.fanout.attach(
                    sink,
                    new AttachRequest(
                            GroupWriter.freshGroup(),
                            GroupWriter.member("creator"),
                            1,
                            Bytes.EMPTY,
                            0,
                            Bytes.EMPTY,
                            0));
            world.run();
            assertThat(sink.events).containsExactly("refused unknown_group");
        }
    }

    // PROTOCOL R-DETACHED-1 R-CURSOR-3
    @Test
    @DisplayName("I9: a removed member receives its removal and nothing after")
    void aRemovedMemberIsShownItsRemovalLast() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            var alice = world.attached();
            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            world.append(1);
            world.remove("bob");
            world.append(2);
            world.run();
            world.append(1);
            world.run();
            assertThat(bob.events).containsExactly("live 1", "m2", "m3", "detached removed");
            assertThat(alice.events).last().isEqualTo("m6");
        }
    }

    // PROTOCOL R-DETACHED-1
    @Test
    @DisplayName("I9: a removed member that is behind receives its removal and nothing after")
    void aSlowRemovedMemberIsShownItsRemovalLast() {
        for (int later : new int[] {0, 1, 40}) {
            try (var world = new FanoutHarness()) {
                world.add("bob");
                var bob = world.sink();
                world.attach(bob, world.fromStart("bob", 0));
                world.run();
                bob.writable = false;
                world.append(2);
                world.remove("bob");
                world.append(later);
                world.run();
                world.writable(bob, true);
                world.run();
                assertThat(bob.events)
                        .containsExactly("live 1", "m2", "m3", "m4", "detached removed");
            }
        }
    }

    // PROTOCOL R-CURSOR-2
    @Test
    @DisplayName("I9: an added member sees nothing from before")
    void anAddedMemberSeesNothingFromBefore() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            world.add("bob");
            world.append(2);
            var anew = world.sink();
            world.attach(anew, world.fromStart("bob", 0));
            var fromZero = world.sink();
            world.attach(fromZero, world.from("bob", 0, Bytes.EMPTY));
            world.run();
            assertThat(anew.events).containsExactly("m5", "m6", "live 6");
            assertThat(fromZero.events).containsExactly("m5", "m6", "live 6");
        }
    }

    // PROTOCOL R-CURSOR-6
    @Test
    void aFormerMemberReceivesTheEntriesUpToItsRemoval() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            world.append(10);
            world.remove("bob");
            world.append(10);
            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            assertThat(bob.events).startsWith("m2").endsWith("m12", "detached removed").hasSize(12);
        }
    }

    @Test
    void aFormerMemberThatHasSeenItAllIsRefused() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            world.remove("bob");
            world.append(10);
            for (long position : new long[] {2, 3, 12, 50}) {
                var bob = world.sink();
                world.attach(bob, world.from("bob", position, Bytes.EMPTY));
                world.run();
                assertThat(bob.events).as("at %d", position).containsExactly("refused removed");
            }
        }
    }

    @Test
    @DisplayName("I9: a guessed position after the own removal is refused")
    void aGuessedPositionAfterTheOwnRemovalIsRefused() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            world.attached();
            world.log.slow = true;
            var bob = world.sink();
            world.attach(bob, world.from("bob", 4, Bytes.EMPTY));
            // The membership is read before the removal, the start position is found after it.
            world.log.answerNext(0);
            world.remove("bob");
            world.append(3);
            world.log.slow = false;
            world.run();
            assertThat(bob.events).containsExactly("refused removed");
        }
    }

    // PROTOCOL R-ROSTER-3
    @Test
    void aMemberRemovedAndAddedAtOnceMustAttachAgain() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            world.commit(
                    new RosterDelta(
                            Map.of(GroupWriter.member("bob"), GroupWriter.owner("bob")),
                            Set.of(GroupWriter.member("bob"))));
            world.append(1);
            world.run();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            assertThat(bob.events)
                    .containsExactly("live 1", "m2", "detached removed", "m3", "live 3");
        }
    }

    // PROTOCOL R-SEND-6
    @Test
    void ephemeralMessagesAreShownToThoseWhoAreUpToDate() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            var alice = world.attached();
            var slow = world.attached();
            slow.writable = false;
            var behind = world.sink();
            world.attach(behind, world.fromStart("creator", 1));
            world.run();
            world.append(1);
            world.run();
            world.ephemeral("typing");
            world.run();
            world.writable(slow, true);
            world.run();
            assertThat(alice.events).endsWith("m2", "~typing");
            assertThat(slow.events).endsWith("m2").doesNotContain("~typing");
            assertThat(behind.events).doesNotContain("~typing");
        }
    }

    @Test
    @DisplayName("I9: a removed member receives no ephemeral messages")
    void ephemeralMessagesAreNotShownToTheRemoved() {
        try (var world = new FanoutHarness()) {
            world.add("bob");
            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            world.remove("bob");
            world.ephemeral("typing");
            world.run();
            assertThat(bob.events).containsExactly("live 1", "m2", "detached removed");
        }
    }

    // PROTOCOL R-SEND-7
    @Test
    void ephemeralMessagesComeAfterEarlierEntries() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.append(7);
            world.ephemeral("one");
            world.ephemeral("two");
            world.run();
            assertThat(sink.events).endsWith("m7", "~one", "~two");
            assertThat(sink.writes).last().isEqualTo("~one ~two");
        }
    }

    @Test
    void tooManyEphemeralMessagesAreDropped() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            for (int i = 0; i < 10; i++) {
                world.ephemeral("e" + i);
            }
            world.run();
            assertThat(sink.events).containsExactly("live 0", "~e0", "~e1", "~e2", "~e3");
            assertThat(world.count("ephemerals.dropped")).isEqualTo(6);
        }
    }

    @Test
    void whileTheLogIsUnavailableAnAttachIsRefused() {
        try (var world = new FanoutHarness()) {
            world.log.available = false;
            var sink = world.sink();
            world.attach(sink);
            world.run();
            assertThat(sink.events).isEqualTo(List.of("refused unavailable"));
        }
    }

    @Test
    void whenTheLogFailsBeforeTheTailIsKnownAnAttachIsRefused() {
        try (var world = new FanoutHarness()) {
            world.log.slow = true;
            var sink = world.sink();
            world.attach(sink);
            world.log.answerNext(0);
            world.log.available = false;
            world.run();
            assertThat(sink.events).containsExactly("refused unavailable");
            assertThat(world.gauge("groups")).isZero();
        }
    }

    @Test
    @DisplayName("I9: a member removed by a trimmed, unread commit receives nothing after it")
    void aRemovalThatIsTrimmedUnseenCounts() {
        try (var world = new FanoutHarness()) {
            world.add("bob"); // 1
            world.append(5);
            world.log.slowReads = true;
            var bob = world.sink();
            world.attach(bob, world.fromStart("bob", 0));
            world.run();
            world.holdReads();
            assertThat(world.log.unanswered).hasSize(1);

            world.remove("bob"); // 7
            world.append(23);
            world.run();
            world.trimAllButLast();
            world.log.slowReads = false;
            world.log.answerNext(0);
            world.run();
            // No entry that bob may read is retained, so the group no longer remembers bob.
            assertThat(bob.events).containsExactly("refused not_a_member");
        }
    }

    @Test
    void aClientWithoutHistoryContinuesAfterTrimmedEntries() {
        try (var world = new FanoutHarness()) {
            world.append(6);
            world.log.slowReads = true;
            var sink = world.attached();
            world.holdReads();
            assertThat(world.log.unanswered).hasSize(1);
            world.append(24);
            world.run();
            world.trimAllButLast();
            world.log.slowReads = false;
            world.log.answerNext(0);
            world.run();
            assertThat(sink.events).containsExactly("m30", "live 30");
        }
    }

    /// One value of a roster that could not be read used to refuse all requests of its read.
    @Test
    void aMembershipThatCannotBeReadCostsOnlyItsMember() {
        try (var world = new FanoutHarness()) {
            world.add("alice", "bob", "carol"); // 1
            world.attached();
            int before = world.log.memberships;
            var damaged = GroupWriter.member("bob");
            world.log.unreadable = Set.of(damaged);
            world.log.slow = true;
            var sinks = new ArrayList<FakeDeliverySink>();
            for (var name : List.of("creator", "alice", "bob", "stranger", "carol")) {
                var sink = world.sink();
                sinks.add(sink);
                world.attach(sink, world.fromStart(name, 0));
                world.run();
            }
            world.log.slow = false;
            while (!world.log.unanswered.isEmpty()) {
                world.log.answerNext(0);
                world.run();
            }
            assertThat(world.log.memberships - before)
                    .as("the creator's, and the others'")
                    .isEqualTo(2);
            assertThat(sinks.get(1).events).containsExactly("live 1");
            assertThat(sinks.get(2).events).containsExactly("refused unavailable");
            assertThat(sinks.get(3).events).containsExactly("refused not_a_member");
            assertThat(sinks.get(4).events).containsExactly("live 1");
            world.log.unreadable = Set.of();
            var again = world.sink();
            world.attach(again, world.fromStart("bob", 0));
            world.run();
            assertThat(again.events).containsExactly("live 1");
        }
    }

    /// No session of that event loop could attach to the group any more, and a missing answer was
    /// taken for one that there is no such member.
    @Test
    void aMissingAnswerAboutMembersAffectsOnlyItsRequests() {
        try (var world = new FanoutHarness()) {
            var answers =
                    List.<Supplier<Mono<Map<MemberId, Optional<Membership>>>>>of(
                            Mono::empty,
                            () -> Mono.just(Map.of()),
                            () -> {
                                throw new IllegalStateException("thrown");
                            });
            for (var answer : answers) {
                world.log.membershipsInstead = answer;
                var first = world.sink();
                world.attach(first);
                world.run();
                assertThat(first.events).containsExactly("refused unavailable");
            }
            world.log.membershipsInstead = null;
            assertThat(world.attached().events).containsExactly("live 0");
        }
    }

    @Test
    void aRequestThatCannotBeAnsweredDoesNotAffectTheOthersOfItsRead() {
        try (var world = new FanoutHarness()) {
            world.log.slow = true;
            var first = world.sink();
            world.attach(first);
            world.run();
            var stranger = world.sink();
            world.attach(stranger, world.fromStart("stranger", 0));
            var last = world.sink();
            world.attach(last);
            world.run();
            world.log.slow = false;
            world.log.tailThrows = true;
            while (!world.log.unanswered.isEmpty()) {
                world.log.answerNext(0);
                world.run();
            }
            assertThat(stranger.events).containsExactly("refused unavailable");
            assertThat(first.events).containsExactly("live 0");
            assertThat(last.events).containsExactly("live 0");
            world.log.tailThrows = false;
        }
    }
}
