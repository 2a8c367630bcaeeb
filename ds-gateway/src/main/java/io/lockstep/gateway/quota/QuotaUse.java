package io.lockstep.gateway.quota;

import io.lockstep.log.BlobReference;
import io.lockstep.ordering.Submission;

/// What a submission uses of quotas.
///
/// @param bytes that it stores, with what it refers to
public record QuotaUse(UseKind kind, long bytes) {
    /// A submission that quotas do not count: few bytes that heal or end a group.
    public static final QuotaUse NONE = new QuotaUse(UseKind.NONE, 0);

    /// Kinds of submissions that quotas distinguish.
    public enum UseKind {
        NONE,
        EPHEMERAL_MESSAGE,
        MESSAGE,
        COMMIT,
        EXTERNAL_COMMIT,
        CREATE
    }

    static QuotaUse of(Submission submission) {
        return switch (submission) {
            case Submission.CreateSubmission create -> of(UseKind.CREATE, create);
            case Submission.MessageSubmission message ->
                    of(message.ephemeral() ? UseKind.EPHEMERAL_MESSAGE : UseKind.MESSAGE, message);
            case Submission.PolicySubmission policy -> of(UseKind.MESSAGE, policy);
            case Submission.CommitSubmission commit ->
                    of(commit.external() ? UseKind.EXTERNAL_COMMIT : UseKind.COMMIT, commit);
            case Submission.ReinitSubmission _,
                    Submission.CommitVerdict _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _ ->
                    NONE;
        };
    }

    private static QuotaUse of(UseKind kind, Submission submission) {
        long apart = submission.references().stream().mapToLong(BlobReference::size).sum();
        return new QuotaUse(kind, submission.bytes() + apart);
    }
}
