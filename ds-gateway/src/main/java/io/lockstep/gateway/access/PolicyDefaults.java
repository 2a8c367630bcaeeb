package io.lockstep.gateway.access;

import io.lockstep.log.GroupRules;
import io.lockstep.log.LogLimits;
import java.time.Duration;

/// The operator's settings for the policies of new groups.
///
/// @param policy applies if a `create` names none
/// @param retentionMax the longest retention that a `create` may request
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
