package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lockstep.log.CallEffect;
import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Exceptions;

/// The error replies of Redis 7 and Valkey.
class FailureCauseTest {
    private static final String SCRIPT =
            " script: e0e1f9fabfc9d4800c877a703b823ac0578ff8db, on @user_script:3.";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OUT_OF_MEMORY | OOM command not allowed when used memory > 'maxmemory'.",
                "READ_ONLY     | READONLY You can't write against a read only replica.",
                "LOADING       | LOADING Redis is loading the dataset in memory",
                "BUSY          | BUSY Redis is busy running a script. You can only call SCRIPT KILL",
                "PERSISTENCE   | MISCONF Redis is configured to save RDB snapshots",
                "REPLICAS      | NOREPLICAS Not enough good replicas to write.",
                "PERMISSION    | NOAUTH Authentication required.",
                "PERMISSION    | NOPERM this user has no permissions to run the 'evalsha' command",
                "CLUSTER       | TRYAGAIN Multiple keys request during rehashing of slot",
                "CLUSTER       | CLUSTERDOWN The cluster is down",
                "CLIENTS_MAX   | ERR max number of clients reached",
                "NO_SCRIPT     | NOSCRIPT No matching script. Please use EVAL.",
            })
    void anErrorBeforeACommandBeginsTellsThatNothingHappened(
            FailureCause failureCause, String reply) {
        assertThat(FailureCause.ofReply(reply)).isEqualTo(failureCause);
        assertThat(FailureCause.effectOfReply(reply)).isEqualTo(CallEffect.NOT_EXECUTED);
    }

    /// A submission fails without long retries for a lasting cause.
    @Test
    void aFullOrReadOnlyRedisStaysSoAndOneThatLoadsDoesNot() {
        assertThat(FailureCause.ofReply("OOM command not allowed").isLasting()).isTrue();
        assertThat(FailureCause.ofReply("MISCONF Redis is configured").isLasting()).isTrue();
        assertThat(FailureCause.ofReply("READONLY You can't write").isLasting()).isTrue();
        assertThat(FailureCause.ofReply("LOADING Redis is loading").isLasting()).isFalse();
        assertThat(FailureCause.ofReply("BUSY Redis is busy").isLasting()).isFalse();
        assertThat(FailureCause.TIMED_OUT.isLasting()).isFalse();
        assertThat(FailureCause.BROKEN.isLasting()).isFalse();
        assertThat(FailureCause.ERROR.isLasting()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ERR value is not an integer or out of range",
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                "NOPERM ACL failure in script: User lockstep has no permissions to run",
            })
    void anErrorInsideAScriptMayComeAfterAWrite(String reply) {
        assertThat(FailureCause.effectOfReply(reply + SCRIPT)).isEqualTo(CallEffect.UNKNOWN);
    }

    @Test
    @DisplayName("of failures joined by an operator, the effect is unknown if that of one is")
    void ofSeveralFailuresTheEffectIsUnknownIfThatOfOneIs() {
        var refused =
                RedisUnavailableException.of(new RedisCommandExecutionException("OOM command"));
        var broken = RedisUnavailableException.of(new IOException("Broken pipe"));

        assertThat(RedisUnavailableException.in(Exceptions.multiple(refused, broken)))
                .contains(broken);
        assertThat(RedisUnavailableException.in(Exceptions.multiple(refused, refused)))
                .contains(refused);
        assertThat(
                        RedisUnavailableException.in(
                                Exceptions.multiple(refused, new IllegalStateException("a bug"))))
                .isEmpty();
    }
}
