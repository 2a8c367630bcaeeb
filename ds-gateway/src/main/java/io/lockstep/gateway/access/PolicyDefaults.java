package io.lockstep.gateway.access;

import io.lockstep.log.GroupRules;
import io.lockstep.log.LogLimits;
import java.time.Duration;

/// What an operator decides about the policies of new groups.
///
/// @param policy holds where a `create` says nothing
/// @param retentionMax the longest retention that a `create` may ask for
public record PolicyDefaults(GroupRules policy, Duration retentionMax) {
    public static final PolicyDefaults DEFAULT =
            new PolicyDefaults(GroupRules.DEFAULT, Duration.ofDays(90));

    public PolicyDefaults {
        if (policy.retention().compareTo(retentionMax) > 0
                || retentionMax.compareTo(LogLimits.RETENTION_MAX) > 0) {
            throw new IllegalArgumentException(
                    "default retention ≤ greatest retention ≤ "
                            + LogLimits.RETENTION_MAX.toDays()
                            + " days");
        }
    }
}
