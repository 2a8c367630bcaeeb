package io.lockstep.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.limits.QuotaBudget;
import io.lockstep.log.CallEffect;
import io.lockstep.log.quota.QuotaMeasure;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The arithmetic of an account, with virtual time.
class QuotaAccountTest {
    private static final QuotaMeasure BYTES = QuotaMeasure.BYTES;
    private static final QuotaBudget BUDGET = new QuotaBudget(1_000, Duration.ofSeconds(1_000));

    private final QuotaAccount account = new QuotaAccount(Map.of(BYTES, BUDGET), 0);

    private static long seconds(long count) {
        return Duration.ofSeconds(count).toNanos();
    }

    private void settle(long debtSeconds, long nowSeconds) {
        assertThat(account.begin()).isPresent();
        account.settled(
                debtSeconds == 0 ? Map.of() : Map.of(BYTES, Duration.ofSeconds(debtSeconds)),
                seconds(nowSeconds));
    }

    @Test
    void theWholeBudgetMayBeUsedAtOnceAndComesBackOverThePeriod() {
        assertThat(account.toWait(BYTES, 1_000, 0)).isEmpty();
        account.use(BYTES, 1_000);
        assertThat(account.toWait(BYTES, 1, 0)).contains(Duration.ofSeconds(1));
        assertThat(account.toWait(BYTES, 300, 0)).contains(Duration.ofMinutes(5));
        settle(1_000, 0);
        assertThat(account.toWait(BYTES, 300, seconds(299))).contains(Duration.ofSeconds(1));
        assertThat(account.toWait(BYTES, 300, seconds(300))).isEmpty();
        assertThat(account.toWait(BYTES, 1_000, seconds(1_000))).isEmpty();
    }

    @Test
    void moreThanTheBudgetCountsAsAllOfIt() {
        assertThat(account.toWait(BYTES, 5_000, 0)).isEmpty();
        account.use(BYTES, 5_000);
        assertThat(account.toWait(BYTES, 5_000, 0)).contains(Duration.ofSeconds(5_000));
    }

    @Test
    void whatOtherNodesUsedCountsFromTheSettlementOn() {
        account.use(BYTES, 100);
        assertThat(account.begin()).contains(Map.of(BYTES, Duration.ofSeconds(100)));
        account.use(BYTES, 50);
        assertThat(account.toWait(BYTES, 850, 0)).as("100 in settlement, 50 later").isEmpty();
        assertThat(account.toWait(BYTES, 851, 0)).isPresent();
        account.settled(Map.of(BYTES, Duration.ofMinutes(15)), 0);
        assertThat(account.toWait(BYTES, 50, 0)).isEmpty();
        assertThat(account.toWait(BYTES, 51, 0)).contains(Duration.ofSeconds(1));
    }

    @Test
    void aFailedSettlementIsRepeatedOnlyIfNothingWasCharged() {
        settle(0, 0);
        account.use(BYTES, 400);
        assertThat(account.begin()).isPresent();
        assertThat(account.begin()).as("one at a time").isEmpty();
        account.failed(CallEffect.NOT_EXECUTED);
        assertThat(account.begin()).contains(Map.of(BYTES, Duration.ofSeconds(400)));
        account.failed(CallEffect.UNKNOWN);
        assertThat(account.begin()).contains(Map.of());
    }

    @Test
    void isDueWhenItIsNewWhenMuchWasUsedAndAfterAMinute() {
        assertThat(account.isDue(0)).as("new").isTrue();
        settle(0, 0);
        assertThat(account.isDue(seconds(600))).as("nothing was used").isFalse();
        account.use(BYTES, 9);
        assertThat(account.isDue(seconds(59))).isFalse();
        assertThat(account.isDue(seconds(60))).isTrue();
        account.use(BYTES, 1);
        assertThat(account.isDue(seconds(1))).as("a hundredth").isTrue();
        settle(501, 1);
        account.use(BYTES, 1);
        assertThat(account.isDue(seconds(1))).as("half of it is used up").isTrue();
    }

    @Test
    void measuresWithoutABudgetAreNotCounted() {
        account.use(QuotaMeasure.MESSAGES, 1_000_000);
        assertThat(account.toWait(QuotaMeasure.MESSAGES, 1, 0)).isEmpty();
        assertThat(account.begin()).contains(Map.of());
    }

    @Test
    void isNearlyNothingBelowAThousandthOfEachBudget() {
        account.use(BYTES, 1);
        assertThat(account.isNearlyNothing()).isTrue();
        account.use(BYTES, 1);
        assertThat(account.isNearlyNothing()).isFalse();
    }

    @Test
    void aChargeIsRoundedUpToMicroseconds() {
        var large = new QuotaBudget(1L << 40, Duration.ofDays(1));
        assertThat(large.micros(1)).isEqualTo(1);
        assertThat(large.micros(1L << 40)).isEqualTo(Duration.ofDays(1).toMillis() * 1_000);
        assertThat(QuotaBudget.UNLIMITED.micros(1_000)).isZero();
        assertThat(QuotaBudget.perSecond(100).micros(100)).isEqualTo(1_000_000);
    }
}
