package io.lockstep.ordering.state;

import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;

/// A submission with its resend key: the SHA-256 of the submitted MLSMessage, of the commit alone for a
/// bundle.
///
/// @param told what the log said of an earlier appearance, when it was asked
/// @param attempted whether it was decided to append this very submission before, and it is not known
///     what became of that
/// @param blobMissing whether the log said that a blob it refers to is not there
public record KeyedSubmission(
        Submission submission, Bytes key, Earlier told, boolean attempted, boolean blobMissing) {
    public static KeyedSubmission of(Submission submission) {
        var key =
                switch (submission) {
                    case Submission.Create _ -> Bytes.EMPTY;
                    case Submission.Message m -> m.ephemeral() ? Bytes.EMPTY : m.content().sha256();
                    case Submission.Commit c -> c.content().sha256();
                };
        return new KeyedSubmission(submission, key, Earlier.UNKNOWN, false, false);
    }

    public KeyedSubmission told(Earlier answer) {
        return new KeyedSubmission(submission, key, answer, attempted, blobMissing);
    }

    public KeyedSubmission asAttempted() {
        return new KeyedSubmission(submission, key, told, true, blobMissing);
    }

    /// It is refused where it would be accepted otherwise.
    public KeyedSubmission withBlobMissing() {
        return new KeyedSubmission(submission, key, told, attempted, true);
    }
}
