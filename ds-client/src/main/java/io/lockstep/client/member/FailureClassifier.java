package io.lockstep.client.member;

import io.lockstep.client.RefusedException;

/// Classifies failed submissions by whether their outcome is known. Stateless.
final class FailureClassifier {
    private FailureClassifier() {}

    /// Whether the submission may have been accepted despite the failure. What depends on it must
    /// then be kept until the log tells the outcome. Only a refusal with a known outcome rules this
    /// out.
    static boolean isUnknown(Throwable why) {
        return !(why instanceof RefusedException refused) || refused.isOutcomeUnknown();
    }
}
