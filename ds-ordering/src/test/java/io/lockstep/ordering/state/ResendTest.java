package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.BOBS_LAPTOP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.external;
import static io.lockstep.ordering.actor.TestAuthors.newMemberProposal;
import static io.lockstep.ordering.actor.TestAuthors.policy;
import static io.lockstep.ordering.actor.TestAuthors.proposal;
import static io.lockstep.ordering.actor.TestAuthors.removing;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Invariant I4: a resend of a submission returns the first outcome; the submission is never
/// appended twice.
class ResendTest {
    private final GroupStateFixture scene = new GroupStateFixture(GroupRules.DEFAULT);

    private void assertRepeats(Submission again, SubmissionAnswer.AcceptedAnswer first) {
        assertThat(scene.decide(again))
                .isEqualTo(
                        new Decision.Repeat(
                                new SubmissionAnswer.AcceptedAnswer(
                                        first.logPosition(), first.epoch(), true)));
    }

    // PROTOCOL R-SUB-6
    @Test
    @DisplayName("I4: a message sent again gets its first position")
    void messageSentAgain() {
        var first = scene.accept(application(ALICE, 0, "m")).answer();
        scene.accept(application(ALICE, 0, "other"));

        assertRepeats(application(ALICE, 0, "m"), first);
    }

    // PROTOCOL R-SUB-6
    @Test
    @DisplayName(
            "I4: a commit sent again is no conflict with itself, however far the group moved on")
    void commitSentAgainAfterItsEpochEnded() {
        var first = scene.accept(commit(ALICE, 0, "c0")).answer();
        assertRepeats(commit(ALICE, 0, "c0"), first);
        scene.accept(commit(ALICE, 1, "c1"));
        scene.accept(commit(ALICE, 2, "c2"));

        assertRepeats(commit(ALICE, 0, "c0"), first);
    }

    @Test
    @DisplayName("I4: a proposal and a message behind the window get their first outcome too")
    void staleResendGetsItsFirstOutcome() {
        var proposal = scene.accept(proposal(ALICE, 0, "p")).answer();
        var message = scene.accept(application(ALICE, 0, "m")).answer();
        scene.accept(commit(ALICE, 0, "c0"));
        scene.accept(commit(ALICE, 1, "c1"));

        assertRepeats(proposal(ALICE, 0, "p"), proposal);
        assertRepeats(application(ALICE, 0, "m"), message);
    }

    @Test
    @DisplayName("I4: the epoch in a repeat is that after the entry, not that of its header")
    void repeatOfALateMessageHasTheEpochAfterItsEntry() {
        scene.accept(commit(ALICE, 0, "c0"));
        var late = scene.accept(application(ALICE, 0, "late")).answer();
        assertThat(late.epoch()).isEqualTo(1);
        scene.accept(commit(ALICE, 1, "c1"));

        assertRepeats(application(ALICE, 0, "late"), late);
    }

    // PROTOCOL R-SUB-5 R-SUB-7
    @Test
    @DisplayName("I4: the key is the commit alone: another Welcome with it changes nothing")
    void bundlesKeyIsItsCommit() {
        var first = scene.accept(commit(ALICE, 0, "c")).answer();
        var again = commit(ALICE, 0, "c", adding(BOB), 0);

        assertRepeats(again, first);
    }

    @Test
    @DisplayName("I4: an external joiner is a member when it resends")
    void externalCommitSentAgain() {
        var open = new GroupStateFixture(policy(1, ExternalJoinRule.OPEN));
        var first = open.accept(external(BOB, 0, "join")).answer();

        assertThat(open.decide(external(BOB, 0, "join")))
                .isEqualTo(
                        new Decision.Repeat(
                                new SubmissionAnswer.AcceptedAnswer(
                                        first.logPosition(), first.epoch(), true)));
    }

    // PROTOCOL R-SUB-6
    @Test
    @DisplayName("I4, I9: a removed member gets the outcome of entries from its time as a member")
    void removedMembersOwnEntries() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        var first = scene.accept(application(BOB, 1, "mine")).answer();
        scene.accept(commit(ALICE, 1, "remove", removing(BOB), 0));
        scene.accept(application(ALICE, 2, "after"));

        assertRepeats(application(BOB, 1, "mine"), first);
        assertThat(scene.refuse(application(BOB, 2, "after")).code()).isEqualTo(Code.REMOVED);
        assertThat(scene.refuse(application(BOB, 1, "new")).code()).isEqualTo(Code.REMOVED);
    }

    @Test
    void entryWithAKnownKeyThatIsNotInMemoryIsReadFromTheLog() {
        var first = scene.accept(application(ALICE, 0, "first")).answer();
        for (int i = 0; i < GroupStateFixture.LIMITS.recentEntriesMax(); i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }

        assertThat(scene.decide(application(ALICE, 0, "first")))
                .isEqualTo(new Decision.AskLog(OptionalLong.of(1)));
        assertTold(application(ALICE, 0, "first"), 1, first);
    }

    /// Answers the question to the log, and checks the decision on the answer.
    private void assertTold(
            Submission submission, long position, SubmissionAnswer.AcceptedAnswer first) {
        long epoch =
                switch (submission) {
                    case Submission.MessageSubmission m -> m.epoch();
                    case Submission.CommitSubmission c -> c.epoch();
                    case Submission.CreateSubmission c -> c.epoch();
                    case Submission.CommitVerdict _,
                            Submission.ReinitSubmission _,
                            Submission.OperatorCommand _,
                            Submission.LeaveSubmission _,
                            Submission.PolicySubmission _ ->
                            0;
                };
        var read =
                new ReadOutcome.Entries(
                        scene.state.tail(),
                        scene.log.subList((int) position - 1, scene.log.size()));
        var told =
                KeyedSubmission.of(submission)
                        .withDuplicateCheck(OriginalAnswer.of(read, position, epoch));
        assertThat(Decider.decide(scene.state, told, 2000))
                .isEqualTo(
                        new Decision.Repeat(
                                new SubmissionAnswer.AcceptedAnswer(
                                        first.logPosition(), first.epoch(), true)));
    }

    @Test
    @DisplayName(
            "I4: nothing is refused or appended while the log may hold the bytes beyond memory")
    void logIsAskedBeforeAnythingIsDecidedBeyondMemory() {
        var first = scene.accept(application(ALICE, 0, "first")).answer();
        // Fills both generations of keys, so that the first is discarded.
        for (int i = 0; i < 2 * GroupStateFixture.LIMITS.resendKeysMax(); i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }

        assertThat(scene.decide(application(ALICE, 0, "first")))
                .isEqualTo(new Decision.AskLog(OptionalLong.empty()));
        assertThat(scene.decide(commit(ALICE, 0, "new")))
                .isEqualTo(new Decision.AskLog(OptionalLong.empty()));
        assertTold(application(ALICE, 0, "first"), 1, first);
        scene.accept(
                application(ALICE, 0, "m" + (2 * GroupStateFixture.LIMITS.resendKeysMax() + 1)),
                new DuplicateCheck.AbsentUpTo(scene.state.logPosition().position()));
    }

    @Test
    void answerOfTheLogIsValidOnlyIfMemoryContinuesIt() {
        for (int i = 0; i < 2 * GroupStateFixture.LIMITS.resendKeysMax(); i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }
        var asked =
                KeyedSubmission.of(application(ALICE, 0, "new"))
                        .withDuplicateCheck(
                                new DuplicateCheck.AbsentUpTo(scene.state.keys().floor() - 1));

        assertThat(Decider.decide(scene.state, asked, 1000))
                .isEqualTo(new Decision.AskLog(OptionalLong.empty()));
    }

    @Test
    void epochThatBeganWithinMemoryNeedsNoQuestion() {
        for (int i = 0; i < 2 * GroupStateFixture.LIMITS.resendKeysMax(); i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }
        scene.accept(
                commit(ALICE, 0, "c"),
                new DuplicateCheck.AbsentUpTo(scene.state.logPosition().position()));

        scene.accept(application(ALICE, 1, "no question"));
        assertThat(scene.decide(application(ALICE, 0, "old epoch")))
                .isInstanceOf(Decision.AskLog.class);
    }

    @Test
    void futureEpochNeedsNoQuestionEither() {
        for (int i = 0; i < 2 * GroupStateFixture.LIMITS.resendKeysMax(); i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }

        assertThat(scene.refuse(application(ALICE, 1, "future")).code())
                .isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
    }

    // PROTOCOL R-ORDER-3
    @Test
    void outsiderCannotMakeTheLogBeAsked() {
        for (int i = 0; i < 2 * GroupStateFixture.LIMITS.resendKeysMax(); i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }

        assertThat(scene.refuse(application(BOB, 0, "m0")).code()).isEqualTo(Code.NOT_A_MEMBER);
    }

    @Test
    void trimmedEntryKeepsItsPlaceButHasNoHead() {
        var at = OriginalAnswer.trimmed(GroupStateFixture.INCARNATION, 7, 3);

        assertThat(at.logPosition().position()).isEqualTo(7);
        assertThat(at.logPosition().head()).isEqualTo(Bytes.EMPTY);
        assertThat(at.epochAfter()).isEqualTo(3);
        assertThat(bytes("x")).isNotEqualTo(at.logPosition().head());
    }

    /// Found by simulation: the append of a joiner's proposal had an unknown outcome, and before
    /// the log was read again its user's last device had been removed. The proposal was refused
    /// although it was in the log.
    @Test
    @DisplayName(
            "I4: an append of unknown outcome is reported as it ended, whatever authority remains")
    void authorityLostWhileTheOutcomeWasUnknown() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        var proposal = newMemberProposal(BOBS_LAPTOP, 1, "let me in");
        var first = scene.accept(proposal).answer();
        scene.accept(commit(ALICE, 1, "remove", removing(BOB), 0));

        assertThat(scene.refuse(proposal).code()).isEqualTo(Code.JOIN_NOT_ALLOWED);
        assertThat(Decider.decide(scene.state, KeyedSubmission.of(proposal).asAttempted(), 1000))
                .isEqualTo(
                        new Decision.Repeat(
                                new SubmissionAnswer.AcceptedAnswer(
                                        first.logPosition(), first.epoch(), true)));
        var neverIn = KeyedSubmission.of(newMemberProposal(BOBS_LAPTOP, 1, "never in"));
        assertThat(Decider.decide(scene.state, neverIn.asAttempted(), 1000))
                .isInstanceOf(Decision.Refuse.class);
    }
}
