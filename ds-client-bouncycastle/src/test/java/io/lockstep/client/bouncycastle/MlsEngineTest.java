package io.lockstep.client.bouncycastle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.TreeLocation;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MlsEngineTest {
    private static final GroupId ROOM = new GroupId(utf8("room"));
    private static EngineThread engine;

    @BeforeAll
    static void start() {
        engine = BouncyCastleEngine.start("engine", InstantSource.system());
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void onEngine(Consumer<MlsEngine> test) {
        engine.call(
                        e -> {
                            test.accept(e);
                            return true;
                        })
                .block(Duration.ofSeconds(30));
    }

    /// Returns Alice's group with the named members.
    private static List<MlsGroup> groupOf(MlsEngine mls, String... names) {
        var creator = mls.newIdentity(utf8(names[0]), 1);
        var group = creator.createGroup(ROOM);
        var joiners = new ArrayList<MlsIdentity>();
        var keyPackages = new ArrayList<Bytes>();
        for (int i = 1; i < names.length; i++) {
            var joiner = mls.newIdentity(utf8(names[i]), 1);
            joiners.add(joiner);
            keyPackages.add(joiner.newKeyPackage());
        }
        var staged = group.stage(Change.adding(keyPackages));
        group.merge(staged);
        var groups = new ArrayList<MlsGroup>(List.of(group));
        joiners.forEach(j -> groups.add(j.join(staged.welcome())));
        return groups;
    }

    private static void assertAgreed(List<MlsGroup> groups) {
        assertThat(groups).extracting(MlsGroup::epoch).containsOnly(groups.getFirst().epoch());
        assertThat(groups)
                .extracting(MlsGroup::epochAuthenticator)
                .containsOnly(groups.getFirst().epochAuthenticator());
    }

    @Test
    void joinersOfOneCommitAgreeWithTheCommitter() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            assertAgreed(groups);
            assertThat(groups.get(1).epoch()).isEqualTo(1);
            assertThat(groups.get(2).members())
                    .containsExactlyInAnyOrder(utf8("alice"), utf8("bob"), utf8("carol"));
        });
    }

    @Test
    void everyMemberDecryptsAMessage() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            var message = groups.get(1).encrypt(utf8("hello"), utf8("aad"));
            var expected = new Processed.Application(1, utf8("bob"), utf8("hello"), utf8("aad"));
            assertThat(groups.get(0).process(message)).isEqualTo(expected);
            assertThat(groups.get(2).process(message)).isEqualTo(expected);
        });
    }

    @Test
    void membersThatLoseARaceApplyTheWinnerAndCommitAgain() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            for (int round = 0; round < 3; round++) {
                var staged = groups.stream().map(g -> g.stage(Change.NONE)).toList();
                int winner = round % 3;
                for (int i = 0; i < groups.size(); i++) {
                    if (i == winner) {
                        groups.get(i).merge(staged.get(i));
                    } else {
                        assertThat(groups.get(i).process(staged.get(winner).commit()))
                                .isInstanceOf(Processed.EpochBegan.class);
                    }
                }
                assertAgreed(groups);
            }
            assertThat(groups.getFirst().epoch()).isEqualTo(4);
        });
    }

    @Test
    void aStagedCommitOfAnEndedEpochCannotBeMerged() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob");
            var lost = groups.get(1).stage(Change.NONE);
            var won = groups.get(0).stage(Change.NONE);
            groups.get(1).process(won.commit());
            assertThatThrownBy(() -> groups.get(1).merge(lost)).isInstanceOf(MlsException.class);
        });
    }

    @Test
    void aMessageOfThePreviousEpochIsDecrypted() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob");
            var late = groups.get(1).encrypt(utf8("late"), Bytes.EMPTY);
            var commit = groups.get(0).stage(Change.NONE);
            groups.get(0).merge(commit);
            assertThat(groups.get(0).process(late))
                    .isEqualTo(
                            new Processed.Application(1, utf8("bob"), utf8("late"), Bytes.EMPTY));
        });
    }

    @Test
    void aMessageOfAnEpochBeforeTheOwnJoinIsIgnored() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob");
            var early = groups.get(0).encrypt(utf8("early"), Bytes.EMPTY);
            var dave = mls.newIdentity(utf8("dave"), 1);
            var add = groups.get(0).stage(Change.adding(List.of(dave.newKeyPackage())));
            groups.get(0).merge(add);
            var joined = dave.join(add.welcome());
            assertThat(joined.process(early)).isEqualTo(new Processed.Ignored(1));
            assertThat(joined.process(add.commit())).isEqualTo(new Processed.Ignored(1));
        });
    }

    @Test
    void aRemovedMemberLearnsItFromTheCommit() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            var removal = groups.get(0).stage(Change.removing(utf8("carol")));
            assertThat(groups.get(0).removedBy(removal)).containsExactly(utf8("carol"));
            groups.get(0).merge(removal);
            assertThat(groups.get(1).process(removal.commit()))
                    .isEqualTo(
                            new Processed.EpochBegan(
                                    2, utf8("alice"), List.of(), List.of(utf8("carol"))));
            assertThat(groups.get(2).process(removal.commit()))
                    .isEqualTo(new Processed.Removed(1, utf8("alice")));
            assertThat(groups.get(0).members())
                    .containsExactlyInAnyOrder(utf8("alice"), utf8("bob"));
            assertAgreed(groups.subList(0, 2));
        });
    }

    @Test
    void anotherMembersCommitCoversAProposal() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            var proposal = groups.get(1).proposeRemove(utf8("carol"));
            groups.forEach(
                    g -> assertThat(g.process(proposal)).isEqualTo(new Processed.Proposal(1)));
            var commit = groups.get(0).stage(Change.NONE);
            assertThat(groups.get(0).removedBy(commit)).containsExactly(utf8("carol"));
            groups.get(0).merge(commit);
            assertThat(groups.get(1).process(commit.commit()))
                    .isEqualTo(
                            new Processed.EpochBegan(
                                    2, utf8("alice"), List.of(), List.of(utf8("carol"))));
            assertThat(groups.get(2).process(commit.commit()))
                    .isInstanceOf(Processed.Removed.class);
            assertAgreed(groups.subList(0, 2));
        });
    }

    // PROTOCOL R-EXT-9
    @Test
    void aMemberThatLostItsStateRejoinsByExternalCommit() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            var restored = mls.newIdentity(utf8("bob"), 1);
            var join = restored.joinExternally(groups.get(0).groupInfo());
            assertThat(groups.get(0).process(join.commit()))
                    .isEqualTo(
                            new Processed.EpochBegan(
                                    2, utf8("bob"), List.of(utf8("bob")), List.of(utf8("bob"))));
            assertThat(groups.get(2).process(join.commit()))
                    .isInstanceOf(Processed.EpochBegan.class);
            assertAgreed(List.of(groups.get(0), join.group(), groups.get(2)));
            var next = join.group().stage(Change.NONE);
            join.group().merge(next);
            groups.get(0).process(next.commit());
            groups.get(2).process(next.commit());
            assertAgreed(List.of(groups.get(0), join.group(), groups.get(2)));
        });
    }

    @Test
    void aJoinerUsesATreeSeparateFromItsWelcome() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob");
            var dave = mls.newIdentity(utf8("dave"), 1);
            var add =
                    groups.get(0)
                            .stage(
                                    Change.adding(List.of(dave.newKeyPackage())),
                                    TreeLocation.APART);
            groups.get(0).merge(add);
            groups.get(1).process(add.commit());
            assertThat(add.ratchetTree()).isEqualTo(groups.get(1).ratchetTree());
            assertThatThrownBy(() -> dave.join(add.welcome()))
                    .isInstanceOf(MlsException.class)
                    .hasMessageContaining("tree");
            var joined = dave.join(add.welcome(), add.ratchetTree());
            assertAgreed(List.of(groups.get(0), groups.get(1), joined));
            var next = joined.stage(Change.NONE);
            joined.merge(next);
            groups.forEach(g -> g.process(next.commit()));
            assertAgreed(List.of(groups.get(0), groups.get(1), joined));
        });
    }

    @Test
    void anExternalJoinUsesATreeSeparateFromTheGroupInfo() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob", "carol");
            var update = groups.get(0).stage(Change.NONE, TreeLocation.APART);
            groups.get(0).merge(update);
            groups.get(1).process(update.commit());
            groups.get(2).process(update.commit());
            var back =
                    mls.newIdentity(utf8("bob"), 1)
                            .joinExternally(update.groupInfo(), update.ratchetTree());
            groups.get(0).process(back.commit());
            assertThat(back.newRatchetTree()).isEqualTo(groups.get(0).ratchetTree());
            var again =
                    mls.newIdentity(utf8("carol"), 1)
                            .joinExternally(back.newGroupInfo(), back.newRatchetTree());
            groups.get(0).process(again.commit());
            back.group().process(again.commit());
            assertAgreed(List.of(groups.get(0), back.group(), again.group()));
        });
    }

    @Test
    void aCommitOfAnotherMembersAddProposalHasAWelcome() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob");
            var dave = mls.newIdentity(utf8("dave"), 1);
            var proposal = groups.get(1).proposeAdd(dave.newKeyPackage());
            groups.forEach(g -> g.process(proposal));
            var commit = groups.get(0).stage(Change.NONE);
            groups.get(0).merge(commit);
            assertAgreed(List.of(groups.get(0), dave.join(commit.welcome())));
            assertThat(groups.get(0).stage(Change.NONE).welcome()).isEqualTo(Bytes.EMPTY);
        });
    }

    @Test
    void aKeyPackageIsValidForOneWelcomeOnly() {
        onEngine(mls -> {
            var group = mls.newIdentity(utf8("alice"), 1).createGroup(ROOM);
            var bob = mls.newIdentity(utf8("bob"), 1);
            var staged = group.stage(Change.adding(List.of(bob.newKeyPackage())));
            bob.join(staged.welcome());
            assertThatThrownBy(() -> bob.join(staged.welcome()))
                    .isInstanceOf(MlsException.class)
                    .hasMessageContaining("no KeyPackage");
        });
    }

    @Test
    void aCommitThatLeavesOneMemberIsRejectedWithAReason() {
        onEngine(mls -> {
            var groups = groupOf(mls, "alice", "bob");
            assertThatThrownBy(() -> groups.get(0).stage(Change.removing(utf8("bob"))))
                    .isInstanceOf(MlsException.class)
                    .hasMessageContaining("alone")
                    .extracting(e -> ((MlsException) e).code())
                    .isEqualTo(MlsException.ENGINE_LIMIT);
        });
    }

    /// Regression: the library's "Index -1 out of bounds for length 0" was the message.
    @Test
    void theOnlyMemberCannotRejoinAndTheReasonIsStated() {
        onEngine(mls -> {
            var group = mls.newIdentity(utf8("alice"), 1).createGroup(ROOM);
            var restored = mls.newIdentity(utf8("alice"), 1);
            assertThatThrownBy(() -> restored.joinExternally(group.groupInfo()))
                    .isInstanceOf(MlsException.class)
                    .hasMessage("Bouncy Castle cannot rejoin a group that has no other member")
                    .extracting(e -> ((MlsException) e).code())
                    .isEqualTo(MlsException.ENGINE_LIMIT);

            var bob = mls.newIdentity(utf8("bob"), 1).joinExternally(group.groupInfo());
            group.process(bob.commit());
            assertAgreed(List.of(group, bob.group()));
        });
    }

    @Test
    void twoEnginesRunInParallel() {
        try (var other = BouncyCastleEngine.start("other engine", InstantSource.system())) {
            var one = race(engine);
            var two = race(other);
            assertThat(one.join()).isEqualTo(31);
            assertThat(two.join()).isEqualTo(31);
        }
    }

    private static CompletableFuture<Long> race(EngineThread on) {
        return on.call(
                        mls -> {
                            var groups = groupOf(mls, "alice", "bob");
                            for (int i = 0; i < 30; i++) {
                                var commit = groups.get(i % 2).stage(Change.NONE);
                                groups.get(i % 2).merge(commit);
                                groups.get(1 - i % 2).process(commit.commit());
                            }
                            assertAgreed(groups);
                            return groups.getFirst().epoch();
                        })
                .toFuture();
    }
}
