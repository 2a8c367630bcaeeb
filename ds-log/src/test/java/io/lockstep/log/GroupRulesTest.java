package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules.ExternalJoinRule;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupRulesTest {
    @ParameterizedTest
    @CsvSource({
        "MEMBERS, false, false, false",
        "DEVICES, false, true, true",
        "OPEN, true, true, false",
    })
    @DisplayName("I9: the policy alone tells who joins by itself, and whether devices matter")
    void thePolicyTellsWhoJoinsByItself(
            ExternalJoinRule join, boolean alone, boolean withDevice, boolean asks) {
        var policy = GroupRules.DEFAULT.withExternalJoin(join);
        assertThat(policy.letsJoin(false)).isEqualTo(alone);
        assertThat(policy.letsJoin(true)).isEqualTo(withDevice);
        assertThat(policy.asksForDevices()).isEqualTo(asks);
    }
}
