package io.lockstep.ordering.state;

import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.Optional;

/// A submission with its resend key: the SHA-256 of the submitted MLSMessage, of the commit alone for a
/// bundle.
///
/// @param told what the log said of an earlier appearance, when it was asked
/// @param attempted whether it was decided to append this very submission before, and it is not known
///     what became of that
/// @param obstacle why it is refused where it would be accepted otherwise: what the log said when it was
///     to be appended
public record KeyedSubmission(
        Submission submission,
        Bytes key,
        Earlier told,
        boolean attempted,
        Optional<Code> obstacle) {
    public static KeyedSubmission of(Submission submission) {
        var key =
                switch (submission) {
                    case Submission.Create _ -> Bytes.EMPTY;
                    case Submission.Message m -> m.ephemeral() ? Bytes.EMPTY : m.content().sha256();
                    case Submission.Commit c -> c.content().sha256();
                };
        return new KeyedSubmission(submission, key, Earlier.UNKNOWN, false, Optional.empty());
    }

    public KeyedSubmission told(Earlier answer) {
        return new KeyedSubmission(submission, key, answer, attempted, obstacle);
    }

    public KeyedSubmission asAttempted() {
        return new KeyedSubmission(submission, key, told, true, obstacle);
    }

    /// It is refused where it would be accepted otherwise.
    public KeyedSubmission withObstacle(Code code) {
        return new KeyedSubmission(submission, key, told, attempted, Optional.of(code));
    }
}
