package io.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.PolicyRight;
import io.lockstep.wire.proto.ReinitRule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyTextTest {
    @Test
    void aPolicyIsReadAsItIsPrinted() {
        var policy =
                GroupPolicy.newBuilder()
                        .setPastEpochs(2)
                        .setExternalJoin(ExternalJoin.EXTERNAL_JOIN_OPEN)
                        .setRetentionSeconds(86_400)
                        .setRetentionBytes(5_000)
                        .setVoidAfter(3)
                        .setReinit(ReinitRule.REINIT_MEMBERS)
                        .setChange(PolicyRight.POLICY_NOBODY)
                        .build();

        assertThat(PolicyText.parse(PolicyText.lines(policy))).isEqualTo(policy);
        assertThat(PolicyText.line(policy)).contains("external_join=open", "change=nobody");
    }

    @Test
    void theLargestRetentionInBytesIsReadable() {
        assertThat(PolicyText.parse(List.of("retention_bytes=1073741824")).getRetentionBytes())
                .isEqualTo(1 << 30);
    }

    @Test
    void whatIsNotNamedStaysAbsent() {
        assertThat(PolicyText.parse(List.of("void_after=2")))
                .isEqualTo(GroupPolicy.newBuilder().setVoidAfter(2).build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "void_after",
                "void_after=",
                "void_after=-1",
                "void_after=99999999999",
                "void_after=4294967297",
                "reinit=unspecified",
                "reinit=unrecognized",
                "change=everybody",
                "=1",
                "size=3"
            })
    void whatIsNoRuleIsRefused(String rule) {
        assertThatThrownBy(() -> PolicyText.parse(List.of(rule)))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining(rule);
    }
}
