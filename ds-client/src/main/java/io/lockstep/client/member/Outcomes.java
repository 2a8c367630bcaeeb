package io.lockstep.client.member;

import io.lockstep.client.RefusedException;

/// What the failure of a submission says about its outcome. Stateless.
final class Outcomes {
    private Outcomes() {}

    /// Whether the submission may have been accepted all the same, so that what depends on it must be kept
    /// until the log tells. Only a refusal that says so is known to be one.
    static boolean isUnknown(Throwable why) {
        return !(why instanceof RefusedException refused) || refused.isOutcomeUnknown();
    }
}
