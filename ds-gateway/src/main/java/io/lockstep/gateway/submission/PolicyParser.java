package io.lockstep.gateway.submission;

import io.lockstep.gateway.access.PolicyDefaults;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.GroupRules.MemberRight;
import io.lockstep.log.LogLimits;
import io.lockstep.log.PolicyChange;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.PolicyRight;
import java.time.Duration;
import java.util.Optional;

/// Checks the rules of a policy that a client requests. Stateless.
final class PolicyParser {
    private static final long RETENTION_BYTES_MAX = LogLimits.DEFAULT.logBytesMax();

    private final PolicyDefaults defaults;

    PolicyParser(PolicyDefaults defaults) {
        this.defaults = defaults;
    }

    /// The policy of a new group: rules that are absent are the operator's defaults.
    GroupRules whole(GroupPolicy requested) throws RefusalException {
        return change(requested).applyTo(defaults.policy());
    }

    /// @throws RefusalException `invalid_request`, with the name of the first rule that is not
    ///     within its limits
    PolicyChange change(GroupPolicy requested) throws RefusalException {
        return new PolicyChange(
                requested.hasPastEpochs()
                        ? Optional.of(
                                small(
                                        requested.getPastEpochs(),
                                        GroupRules.PAST_EPOCHS_MAX,
                                        "past_epochs"))
                        : Optional.empty(),
                externalJoin(requested),
                requested.hasRetentionSeconds()
                        ? Optional.of(
                                Duration.ofSeconds(
                                        atLeastOne(
                                                requested.getRetentionSeconds(),
                                                defaults.retentionMax().toSeconds(),
                                                "retention_seconds")))
                        : Optional.empty(),
                requested.hasVoidAfter()
                        ? Optional.of(
                                small(
                                        requested.getVoidAfter(),
                                        GroupRules.VOID_AFTER_MAX,
                                        "void_after"))
                        : Optional.empty(),
                reinit(requested),
                requested.hasRetentionBytes()
                        ? Optional.of(
                                atLeastOne(
                                        requested.getRetentionBytes(),
                                        RETENTION_BYTES_MAX,
                                        "retention_bytes"))
                        : Optional.empty(),
                change(requested.getChange()));
    }

    private static int small(int number, int max, String rule) throws RefusalException {
        if (number < 0 || number > max) {
            throw outside(rule, 0, max);
        }
        return number;
    }

    private static long atLeastOne(long number, long max, String rule) throws RefusalException {
        if (number < 1 || number > max) {
            throw outside(rule, 1, max);
        }
        return number;
    }

    private static RefusalException outside(String rule, long min, long max) {
        return new RefusalException(Code.INVALID_REQUEST, rule + ": " + min + " to " + max);
    }

    private static Optional<ExternalJoinRule> externalJoin(GroupPolicy requested)
            throws RefusalException {
        return switch (requested.getExternalJoin()) {
            case EXTERNAL_JOIN_UNSPECIFIED -> Optional.empty();
            case EXTERNAL_JOIN_MEMBERS -> Optional.of(ExternalJoinRule.MEMBERS);
            case EXTERNAL_JOIN_DEVICES -> Optional.of(ExternalJoinRule.DEVICES);
            case EXTERNAL_JOIN_OPEN -> Optional.of(ExternalJoinRule.OPEN);
            case UNRECOGNIZED -> throw unknown("external_join");
        };
    }

    private static Optional<MemberRight> reinit(GroupPolicy requested) throws RefusalException {
        return switch (requested.getReinit()) {
            case REINIT_UNSPECIFIED -> Optional.empty();
            case REINIT_CREATOR -> Optional.of(MemberRight.CREATOR);
            case REINIT_MEMBERS -> Optional.of(MemberRight.MEMBERS);
            case REINIT_NOBODY -> Optional.of(MemberRight.NOBODY);
            case UNRECOGNIZED -> throw unknown("reinit");
        };
    }

    private static Optional<MemberRight> change(PolicyRight right) throws RefusalException {
        return switch (right) {
            case POLICY_UNSPECIFIED -> Optional.empty();
            case POLICY_CREATOR -> Optional.of(MemberRight.CREATOR);
            case POLICY_MEMBERS -> Optional.of(MemberRight.MEMBERS);
            case POLICY_NOBODY -> Optional.of(MemberRight.NOBODY);
            case UNRECOGNIZED -> throw unknown("change");
        };
    }

    private static RefusalException unknown(String rule) {
        return new RefusalException(Code.INVALID_REQUEST, rule + ": unknown");
    }
}
