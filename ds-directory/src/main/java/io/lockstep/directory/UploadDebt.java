package io.lockstep.directory;

import java.time.Duration;

/// What a user's uploads cost lately, as the time at which all of it is paid (the generic cell rate
/// algorithm): one number for each user, which every node can change in one step.
///
/// Each unit moves that time by [#UNIT_MILLIS]. The user may upload while the time is no further
/// ahead than [KeyPackageLimits#CHECKS_PERIOD], so after a pause the budget is
/// [KeyPackageLimits#CHECK_UNITS_MAX] units. The upload that exceeds it is taken; the next one waits.
///
/// @param paidMillis time of the store's clock; 0 when nothing was charged
public record UploadDebt(long paidMillis) {
    public static final long UNIT_MILLIS =
            KeyPackageLimits.CHECKS_PERIOD.toMillis() / KeyPackageLimits.CHECK_UNITS_MAX;

    public UploadDebt plus(int units, long nowMillis) {
        return new UploadDebt(Math.max(paidMillis, nowMillis) + units * UNIT_MILLIS);
    }

    /// How long the user must wait before its next upload; zero when it need not.
    public Duration mustWait(long nowMillis) {
        long ahead = paidMillis - nowMillis - KeyPackageLimits.CHECKS_PERIOD.toMillis();
        return Duration.ofMillis(Math.max(0, ahead + UNIT_MILLIS));
    }
}
