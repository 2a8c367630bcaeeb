package io.lockstep.log;

import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.GroupRules.MemberRight;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.PolicyRight;
import io.lockstep.wire.proto.ReinitRule;
import java.time.Duration;
import java.util.OptionalLong;

/// A whole policy as a `GroupPolicy` of the client protocol: every rule is present, except
/// `retention_bytes` where the limit of the log applies.
public final class PolicyCodec {
    private PolicyCodec() {}

    public static GroupPolicy encode(GroupRules rules) {
        var policy =
                GroupPolicy.newBuilder()
                        .setPastEpochs(rules.pastEpochs())
                        .setExternalJoin(
                                switch (rules.externalJoin()) {
                                    case MEMBERS -> ExternalJoin.EXTERNAL_JOIN_MEMBERS;
                                    case DEVICES -> ExternalJoin.EXTERNAL_JOIN_DEVICES;
                                    case OPEN -> ExternalJoin.EXTERNAL_JOIN_OPEN;
                                })
                        .setRetentionSeconds(rules.retention().toSeconds())
                        .setVoidAfter(rules.voidAfter())
                        .setReinit(
                                switch (rules.reinit()) {
                                    case CREATOR -> ReinitRule.REINIT_CREATOR;
                                    case MEMBERS -> ReinitRule.REINIT_MEMBERS;
                                    case NOBODY -> ReinitRule.REINIT_NOBODY;
                                })
                        .setChange(
                                switch (rules.change()) {
                                    case CREATOR -> PolicyRight.POLICY_CREATOR;
                                    case MEMBERS -> PolicyRight.POLICY_MEMBERS;
                                    case NOBODY -> PolicyRight.POLICY_NOBODY;
                                });
        rules.retentionBytes().ifPresent(policy::setRetentionBytes);
        return policy.build();
    }

    /// @param policy of [#encode]
    /// @throws IllegalStateException when it is no whole policy
    static GroupRules decode(GroupPolicy policy) {
        return new GroupRules(
                policy.getPastEpochs(),
                switch (policy.getExternalJoin()) {
                    case EXTERNAL_JOIN_MEMBERS -> ExternalJoinRule.MEMBERS;
                    case EXTERNAL_JOIN_DEVICES -> ExternalJoinRule.DEVICES;
                    case EXTERNAL_JOIN_OPEN -> ExternalJoinRule.OPEN;
                    case EXTERNAL_JOIN_UNSPECIFIED, UNRECOGNIZED -> throw incomplete(policy);
                },
                Duration.ofSeconds(policy.getRetentionSeconds()),
                policy.getVoidAfter(),
                switch (policy.getReinit()) {
                    case REINIT_CREATOR -> MemberRight.CREATOR;
                    case REINIT_MEMBERS -> MemberRight.MEMBERS;
                    case REINIT_NOBODY -> MemberRight.NOBODY;
                    case REINIT_UNSPECIFIED, UNRECOGNIZED -> throw incomplete(policy);
                },
                policy.hasRetentionBytes()
                        ? OptionalLong.of(policy.getRetentionBytes())
                        : OptionalLong.empty(),
                switch (policy.getChange()) {
                    case POLICY_CREATOR -> MemberRight.CREATOR;
                    case POLICY_MEMBERS -> MemberRight.MEMBERS;
                    case POLICY_NOBODY -> MemberRight.NOBODY;
                    case POLICY_UNSPECIFIED, UNRECOGNIZED -> throw incomplete(policy);
                });
    }

    private static IllegalStateException incomplete(GroupPolicy policy) {
        return new IllegalStateException("a policy with unknown rules: " + policy);
    }
}
