package io.lockstep.ordering.state;

import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.Optional;

/// A submission with its resend key: the SHA-256 of the submitted MLSMessage, which for a bundle is
/// the commit alone.
///
/// @param duplicateCheck the log's answer about an earlier entry, when it was asked
/// @param attempted whether an append of this same submission was decided before, and its outcome
///     is unknown
/// @param logRefusal the code with which it is refused where it would be accepted otherwise: the
///     log's reason for refusing its append
public record KeyedSubmission(
        Submission submission,
        Bytes key,
        DuplicateCheck duplicateCheck,
        boolean attempted,
        Optional<Code> logRefusal) {
    public static KeyedSubmission of(Submission submission) {
        var key =
                switch (submission) {
                    case Submission.CreateSubmission _ -> Bytes.EMPTY;
                    case Submission.MessageSubmission m ->
                            m.ephemeral() ? Bytes.EMPTY : m.content().sha256();
                    case Submission.CommitSubmission c -> c.content().sha256();
                    // Two members may state the same. The group's state knows who did.
                    case Submission.CommitVerdict _,
                            Submission.ReinitSubmission _,
                            Submission.OperatorCommand _,
                            Submission.LeaveSubmission _,
                            Submission.PolicySubmission _ ->
                            Bytes.EMPTY;
                };
        return new KeyedSubmission(
                submission, key, DuplicateCheck.UNKNOWN, false, Optional.empty());
    }

    public KeyedSubmission withDuplicateCheck(DuplicateCheck answer) {
        return new KeyedSubmission(submission, key, answer, attempted, logRefusal);
    }

    public KeyedSubmission asAttempted() {
        return new KeyedSubmission(submission, key, duplicateCheck, true, logRefusal);
    }

    /// This submission with a code with which it is refused where it would be accepted otherwise.
    public KeyedSubmission withLogRefusal(Code code) {
        return new KeyedSubmission(submission, key, duplicateCheck, attempted, Optional.of(code));
    }
}
