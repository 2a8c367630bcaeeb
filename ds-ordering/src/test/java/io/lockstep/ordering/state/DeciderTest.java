package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.BOBS_LAPTOP;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.ephemeral;
import static io.lockstep.ordering.actor.TestAuthors.external;
import static io.lockstep.ordering.actor.TestAuthors.policy;
import static io.lockstep.ordering.actor.TestAuthors.proposal;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.ProposalTypes;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The ordering rules, in the order of their table (RFC 9420 §14, RFC 9750 §5.2).
class DeciderTest {
    private final GroupStateFixture scene = new GroupStateFixture(GroupRules.DEFAULT);

    // PROTOCOL R-COMMIT-2 R-ORDER-1
    @Test
    void commitOfTheCurrentEpochIsAppendedAndBeginsTheNext() {
        var append = scene.accept(commit(ALICE, 0, "c0"));

        assertThat(append.entry().entry().position()).isEqualTo(1);
        assertThat(append.entry().entry().kind()).isEqualTo(EntryKind.COMMIT);
        assertThat(append.entry().entry().epoch()).isZero();
        assertThat(append.entry().entry().acceptedAtMillis()).isEqualTo(1000);
        assertThat(append.next().epoch()).isEqualTo(1);
        assertThat(append.answer().epoch()).isEqualTo(1);
        assertThat(append.answer().repeat()).isFalse();
        assertThat(append.answer().logPosition()).isEqualTo(append.next().logPosition());
    }

    // PROTOCOL R-ORDER-1 R-ORDER-2
    @Test
    @DisplayName("I1: the second commit of an epoch is refused, with the missed entries")
    void secondCommitInAnEpochIsRefused() {
        scene.accept(commit(ALICE, 0, "winner"));

        var refuse = scene.refuse(commit(ALICE, 0, "loser"));

        assertThat(refuse.code()).isEqualTo(Code.EPOCH_CONFLICT);
        assertThat(refuse.shows()).isEqualTo(Disclosure.MISSED);
    }

    // PROTOCOL R-ORDER-1
    @Test
    @DisplayName("I1: no epoch ever accepts a second commit")
    void everyEarlierEpochIsClosedToCommits() {
        for (int epoch = 0; epoch < 5; epoch++) {
            scene.accept(commit(ALICE, epoch, "c" + epoch));
        }
        for (int epoch = 0; epoch < 5; epoch++) {
            assertThat(scene.refuse(commit(ALICE, epoch, "again" + epoch)).code())
                    .isEqualTo(Code.EPOCH_CONFLICT);
        }
    }

    // PROTOCOL R-PROP-2
    @Test
    @DisplayName(
            "RFC 9420 §12.4.3.2: an external commit names the epoch's proposals, which it voids")
    void externalCommitNamesTheProposalsThatItVoids() {
        scene.accept(proposal(ALICE, 0, "of an epoch that is over"));
        scene.accept(commit(ALICE, 0, "c0", adding(BOB), 0));
        var first = scene.accept(proposal(ALICE, 1, "first"));
        scene.accept(application(ALICE, 1, "between"));
        var second = scene.accept(proposal(BOB, 1, "second"));

        var join = scene.accept(external(BOBS_LAPTOP, 1, "join"));

        assertThat(join.entry().entry().voidedProposals())
                .containsExactly(
                        first.answer().logPosition().position(),
                        second.answer().logPosition().position());
        assertThat(
                        scene.accept(external(BOBS_LAPTOP, 2, "again"))
                                .entry()
                                .entry()
                                .voidedProposals())
                .isEmpty();
    }

    // PROTOCOL R-PROP-2
    @Test
    @DisplayName("draft-ietf-mls-extensions: an external commit may include a SelfRemove")
    void externalCommitDoesNotNameASelfRemoveThatIsVisible() {
        scene.accept(commit(ALICE, 0, "c0", adding(BOB), 0));
        scene.accept(publicProposal(BOB, 1, ProposalTypes.SELF_REMOVE));
        var update = scene.accept(publicProposal(BOB, 1, 2));
        var hidden = scene.accept(proposal(BOB, 1, "in a PrivateMessage"));

        assertThat(scene.accept(external(BOBS_LAPTOP, 1, "join")).entry().entry().voidedProposals())
                .containsExactly(
                        update.answer().logPosition().position(),
                        hidden.answer().logPosition().position());
    }

    // PROTOCOL R-PROP-2
    @Test
    void aSelfRemoveThatIsNoLongerAmongTheRecentEntriesIsNamed() {
        var bounded =
                new GroupStateFixture(GroupRules.DEFAULT, new GroupStateLimits(4, 1000, 4096), 0);
        bounded.accept(publicProposal(ALICE, 0, ProposalTypes.SELF_REMOVE));
        for (int i = 0; i < 4; i++) {
            bounded.accept(application(ALICE, 0, "message " + i));
        }
        assertThat(bounded.accept(external(ALICE, 0, "resync")).entry().entry().voidedProposals())
                .containsExactly(1L);
    }

    /// A PublicMessage of a member up to the type of its proposal.
    private static Submission.MessageSubmission publicProposal(
            Author author, long epoch, int type) {
        var group = GROUP.bytes();
        var message =
                Bytes.ofHex(
                        "00010001%02x%s%016x01000000000002%04x"
                                .formatted(group.size(), group.hex(), epoch, type));
        return new Submission.MessageSubmission(
                GROUP, author, EntryKind.PROPOSAL, epoch, false, false, message);
    }

    // PROTOCOL R-DELIVERY-8
    @Test
    void anEntryTellsWhetherItsCommitBroughtNoGroupInfo() {
        assertThat(scene.accept(commit(ALICE, 0, "c0")).entry().entry().withoutGroupInfo())
                .isTrue();
        var with =
                new Submission.CommitSubmission(
                        GROUP,
                        ALICE,
                        1,
                        false,
                        bytes("c1"),
                        Bytes.EMPTY,
                        bytes("group info"),
                        RosterDelta.NONE,
                        0);
        assertThat(scene.accept(with).entry().entry().withoutGroupInfo()).isFalse();
        assertThat(scene.accept(proposal(ALICE, 2, "p")).entry().entry().withoutGroupInfo())
                .isFalse();
    }

    // PROTOCOL R-PROP-3
    @Test
    void aMembersCommitNamesNoProposals() {
        scene.accept(proposal(ALICE, 0, "covered, perhaps"));
        assertThat(scene.accept(commit(ALICE, 0, "c0")).entry().entry().voidedProposals())
                .isEmpty();
    }

    // PROTOCOL R-PROP-2
    @Test
    void asManyVoidedProposalsAreNamedAsAreRemembered() {
        var bounded =
                new GroupStateFixture(GroupRules.DEFAULT, new GroupStateLimits(4, 1000, 4096), 0);
        for (int i = 0; i <= GroupSnapshot.PROPOSALS_MAX; i++) {
            bounded.accept(proposal(ALICE, 0, "p" + i));
        }
        var voided = bounded.accept(external(ALICE, 0, "resync")).entry().entry().voidedProposals();
        assertThat(voided).hasSize(GroupSnapshot.PROPOSALS_MAX).startsWith(1L, 2L);
    }

    // PROTOCOL R-COMMIT-1
    @Test
    void bundleGoesIntoOneEntry() {
        var welcome = bytes("welcome");
        var groupInfo = bytes("group info");
        var append =
                scene.accept(
                        new Submission.CommitSubmission(
                                GROUP,
                                ALICE,
                                0,
                                false,
                                bytes("commit"),
                                welcome,
                                groupInfo,
                                adding(BOB),
                                0));

        assertThat(append.entry().welcome()).contains(new PartContent.Inline(welcome));
        assertThat(append.entry().groupInfo()).contains(new PartContent.Inline(groupInfo));
        assertThat(append.entry().entry().rosterChange()).isEqualTo(adding(BOB));
        assertThat(scene.membership(BOB).orElseThrow().isCurrent()).isTrue();
    }

    // PROTOCOL R-ORDER-3 R-JOIN-1
    /// This check used to come before authority, resend and epoch. It let outsiders look into the
    /// directory, and gave a client that had lost its race the wrong advice.
    @Test
    void unknownJoinersAreRefusedOnlyWhereTheCommitWouldBeAccepted() {
        assertThat(
                        scene.refuse(
                                        commit(ALICE, 0, "c")
                                                .withJoinersRefused(Code.UNKNOWN_KEY_PACKAGE))
                                .code())
                .isEqualTo(Code.UNKNOWN_KEY_PACKAGE);
        assertThat(
                        scene.refuse(
                                        commit(CAROL, 0, "c")
                                                .withJoinersRefused(Code.UNKNOWN_KEY_PACKAGE))
                                .code())
                .isEqualTo(Code.NOT_A_MEMBER);

        scene.accept(commit(ALICE, 0, "won"));

        assertThat(
                        scene.refuse(
                                        commit(ALICE, 0, "lost")
                                                .withJoinersRefused(Code.UNKNOWN_KEY_PACKAGE))
                                .code())
                .isEqualTo(Code.EPOCH_CONFLICT);
        assertThat(
                        scene.decide(
                                commit(ALICE, 0, "won")
                                        .withJoinersRefused(Code.UNKNOWN_KEY_PACKAGE)))
                .isInstanceOf(Decision.Repeat.class);
    }

    // PROTOCOL R-ORDER-1
    @Test
    void proposalOfTheCurrentEpochIsAppended() {
        var append = scene.accept(proposal(ALICE, 0, "p"));

        assertThat(append.entry().entry().kind()).isEqualTo(EntryKind.PROPOSAL);
        assertThat(append.next().epoch()).isZero();
    }

    // PROTOCOL R-ORDER-1
    @Test
    void proposalIsVoidAfterItsEpochEnded() {
        scene.accept(commit(ALICE, 0, "c"));

        assertThat(scene.refuse(proposal(ALICE, 0, "p")).code()).isEqualTo(Code.EPOCH_CONFLICT);
    }

    // PROTOCOL R-ORDER-1
    @Test
    void applicationMessageIsTakenWithinTheWindowOnly() {
        var wide = new GroupStateFixture(policy(2, ExternalJoinRule.DEVICES));
        for (int epoch = 0; epoch < 5; epoch++) {
            wide.accept(commit(ALICE, epoch, "c" + epoch));
        }

        wide.accept(application(ALICE, 5, "now"));
        wide.accept(application(ALICE, 4, "one behind"));
        var oldest = wide.accept(application(ALICE, 3, "two behind"));
        assertThat(oldest.entry().entry().epoch()).isEqualTo(3);
        assertThat(oldest.answer().epoch()).isEqualTo(5);

        var refuse = wide.refuse(application(ALICE, 2, "three behind"));
        assertThat(refuse.code()).isEqualTo(Code.EPOCH_TOO_OLD);
        assertThat(refuse.shows()).isEqualTo(Disclosure.TAIL);
    }

    // PROTOCOL R-ORDER-1
    @Test
    void windowOfZeroTakesTheCurrentEpochOnly() {
        var strict = new GroupStateFixture(policy(0, ExternalJoinRule.DEVICES));
        strict.accept(application(ALICE, 0, "first"));
        strict.accept(commit(ALICE, 0, "c"));

        strict.accept(application(ALICE, 1, "now"));
        assertThat(strict.refuse(application(ALICE, 0, "late")).code())
                .isEqualTo(Code.EPOCH_TOO_OLD);
    }

    // PROTOCOL R-ORDER-1
    @Test
    void futureEpochIsNeverAccepted() {
        assertThat(scene.refuse(commit(ALICE, 1, "c")).code())
                .isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
        assertThat(scene.refuse(proposal(ALICE, 1, "p")).code())
                .isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
        assertThat(scene.refuse(application(ALICE, 1, "a")).code())
                .isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
        assertThat(scene.refuse(ephemeral(ALICE, 1, "e")).code())
                .isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
    }

    @Test
    void epochsAreUnsigned() {
        var refuse = scene.refuse(application(ALICE, -1, "2^64-1"));

        assertThat(refuse.code()).isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
        assertThat(refuse.refusal().detail()).contains("18446744073709551615");
    }

    @Test
    void lastEpochTakesNoCommit() {
        var last = new GroupStateFixture(GroupRules.DEFAULT, GroupStateFixture.LIMITS, -1);

        assertThat(last.refuse(commit(ALICE, -1, "c")).code()).isEqualTo(Code.INVALID_REQUEST);
    }

    // PROTOCOL R-SEND-6 R-SEND-8
    @Test
    void ephemeralMessageIsRelayedAndNotStored() {
        scene.accept(application(ALICE, 0, "stored"));
        var before = scene.state;

        var decision = (Decision.Relay) scene.decide(ephemeral(ALICE, 0, "typing"));

        assertThat(decision.answer().logPosition().position()).isZero();
        assertThat(decision.notice().message()).isEqualTo(bytes("typing"));
        assertThat(scene.state).isSameAs(before);
        assertThat(scene.decide(ephemeral(ALICE, 0, "typing")))
                .as("it has no resend key: shown again")
                .isInstanceOf(Decision.Relay.class);
    }

    // PROTOCOL R-ORDER-1
    @Test
    void ephemeralMessageObeysTheWindow() {
        scene.accept(commit(ALICE, 0, "c0"));
        scene.accept(commit(ALICE, 1, "c1"));

        assertThat(scene.decide(ephemeral(ALICE, 1, "one behind")))
                .isInstanceOf(Decision.Relay.class);
        assertThat(scene.refuse(ephemeral(ALICE, 0, "two behind")).code())
                .isEqualTo(Code.EPOCH_TOO_OLD);
    }

    // PROTOCOL R-SEND-4
    @Test
    void handshakeCannotBeEphemeral() {
        var handshake =
                new Submission.MessageSubmission(
                        GROUP, ALICE, EntryKind.PROPOSAL, 0, false, true, bytes("p"));

        assertThat(scene.refuse(handshake).code()).isEqualTo(Code.INVALID_REQUEST);
    }

    // PROTOCOL R-SEND-3
    @Test
    void commitCannotComeAsAMessage() {
        var commit =
                new Submission.MessageSubmission(
                        GROUP, ALICE, EntryKind.COMMIT, 0, false, false, bytes("c"));

        assertThat(scene.refuse(commit).code()).isEqualTo(Code.INVALID_REQUEST);
    }

    @Test
    @DisplayName("I2: positions are dense from 1, and heads chain as the log defines them")
    void entriesContinueTheLog() {
        var head = GroupHead.first(GROUP, GroupStateFixture.INCARNATION);
        for (int i = 1; i <= 20; i++) {
            var entry = scene.accept(application(ALICE, 0, "m" + i)).entry().entry();
            head = GroupHead.next(head, GROUP, i, EntryKind.APPLICATION, bytes("m" + i).sha256());
            assertThat(entry.position()).isEqualTo(i);
            assertThat(entry.head()).isEqualTo(head);
            assertThat(entry.sha256()).isEqualTo(bytes("m" + i).sha256());
            assertThat(entry.rosterChange()).isEqualTo(RosterDelta.NONE);
        }
    }

    @Test
    void batchIsDecidedOnTheStateThatEachLeavesToTheNext() {
        var submissions =
                java.util.stream.Stream.of(
                                application(ALICE, 0, "before"),
                                commit(ALICE, 0, "winner"),
                                commit(ALICE, 0, "loser"),
                                application(ALICE, 0, "late, in the window"),
                                application(ALICE, 1, "of the new epoch"))
                        .map(KeyedSubmission::of)
                        .toList();

        var draft = BatchDecision.of(scene.state, submissions, 1000);

        assertThat(draft.decisions())
                .satisfiesExactly(
                        d -> assertThat(d).isInstanceOf(Decision.Append.class),
                        d -> assertThat(d).isInstanceOf(Decision.Append.class),
                        d -> assertThat(d).isInstanceOf(Decision.Refuse.class),
                        d -> assertThat(d).isInstanceOf(Decision.Append.class),
                        d -> assertThat(d).isInstanceOf(Decision.Append.class));
        assertThat(draft.entries()).hasSize(4);
        assertThat(draft.next().logPosition().position()).isEqualTo(4);
        assertThat(scene.state.logPosition().position())
                .as("the decision has no effect yet")
                .isZero();
    }

    @Test
    void emptyMessageBytesHaveAKeyToo() {
        scene.accept(application(GROUP, ALICE, 0, Bytes.EMPTY));
        assertThat(scene.decide(application(GROUP, ALICE, 0, Bytes.EMPTY)))
                .isInstanceOf(Decision.Repeat.class);
    }
}
