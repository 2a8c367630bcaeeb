package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Submissions that refer to blobs.
class ReferencesTest {
    private static final Bytes LONG = bytes("a long message");
    private static final BlobReference THERE = reference(LONG);
    private static final BlobReference MISSING = reference(bytes("never uploaded"));

    private final ActorHarness stage = new ActorHarness();

    @BeforeEach
    void createGroup() {
        stage.accept(TestAuthors.creation(GROUP, ALICE));
        stage.blobs.put(GROUP, LONG.sha256(), LONG, BlobStore.UNREFERENCED).block();
    }

    @Test
    void messageByReferenceIsInTheLogByReference() {
        var accepted = stage.accept(message(THERE));

        assertThat(accepted.logPosition().position()).isEqualTo(1);
        var recent = ActorHarness.now(stage.store.load(GROUP, 1)).recent();
        assertThat(recent.getFirst().content()).isEqualTo(THERE);
        assertThat(recent.getFirst().sha256()).isEqualTo(LONG.sha256());
    }

    // PROTOCOL R-SUB-5
    @Test
    @DisplayName("I4: the same bytes inline and by reference are the same submission")
    void sameBytesByReferenceAndInlineAreOneSubmission() {
        var first = stage.accept(message(THERE));
        var again = stage.accept(message(new PartContent.Inline(LONG)));

        assertThat(again.repeat()).isTrue();
        assertThat(again.logPosition()).isEqualTo(first.logPosition());
    }

    // PROTOCOL R-REF-4
    @Test
    void missingBlobRefusesOnlyItsOwnSubmissionOfTheBatch() {
        var gate = stage.log.holdAppends();
        var before = stage.submit(TestAuthors.application(ALICE, 0, "occupies the actor"));
        stage.settle();
        var answers =
                stage.submit(
                        TestAuthors.application(ALICE, 0, "one"),
                        message(MISSING),
                        message(THERE),
                        TestAuthors.application(ALICE, 0, "two"),
                        message(MISSING));
        stage.settle();
        gate.tryEmitEmpty();
        stage.settle();

        assertThat(before).hasSize(1);
        assertThat(answers).hasSize(5);
        assertThat(answers)
                .filteredOn(SubmissionAnswer.AcceptedAnswer.class::isInstance)
                .extracting(answer ->
                        ((SubmissionAnswer.AcceptedAnswer) answer).logPosition().position())
                .containsExactly(2L, 3L, 4L);
        assertThat(answers)
                .filteredOn(SubmissionAnswer.RefusedAnswer.class::isInstance)
                .extracting(answer -> ((SubmissionAnswer.RefusedAnswer) answer).code())
                .containsExactly(Code.UNKNOWN_REFERENCE, Code.UNKNOWN_REFERENCE);
    }

    // PROTOCOL R-COMMIT-1
    @Test
    @DisplayName("I5: a commit whose Welcome is missing changes nothing")
    void commitWhoseWelcomeIsMissingChangesNothing() {
        var refused = stage.refuse(commit(Optional.of(MISSING), Optional.empty()));
        assertThat(refused.code()).isEqualTo(Code.UNKNOWN_REFERENCE);
        assertThat(stage.tail().epoch()).isZero();
        assertThat(stage.tail().position()).isZero();

        var accepted = stage.accept(commit(Optional.of(THERE), Optional.of(THERE)));
        assertThat(accepted.epoch()).isEqualTo(1);
    }

    // PROTOCOL R-ORDER-3
    @Test
    void anEarlierReasonForRefusalComesFirst() {
        stage.accept(TestAuthors.commit(ALICE, 0, "commit"));

        assertThat(stage.refuse(commit(Optional.of(MISSING), Optional.empty())).code())
                .isEqualTo(Code.EPOCH_CONFLICT);
    }

    private static BlobReference reference(Bytes content) {
        return BlobReference.to(content);
    }

    private static Submission message(PartContent content) {
        return new Submission.MessageSubmission(
                GROUP, ALICE, EntryKind.APPLICATION, 0, false, false, content);
    }

    private static Submission commit(Optional<PartContent> welcome, Optional<BlobReference> tree) {
        return new Submission.CommitSubmission(
                GROUP,
                ALICE,
                0,
                false,
                new PartContent.Inline(bytes("commit with a long Welcome")),
                welcome,
                Optional.empty(),
                tree,
                RosterDelta.NONE,
                0,
                Optional.empty());
    }
}
