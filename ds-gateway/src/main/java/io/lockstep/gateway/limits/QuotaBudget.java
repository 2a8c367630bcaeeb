package io.lockstep.gateway.limits;

import java.time.Duration;

/// How much may be used: so many units at once, and as many again over each period. What is used
/// costs time, the period for the whole amount, and is paid as time passes.
///
/// @param amount units; 0 for no limit
/// @param period until the whole amount is paid
public record QuotaBudget(long amount, Duration period) {
    /// As many units at once as a rate gives in this time.
    private static final Duration BURST = Duration.ofSeconds(10);

    private static final Duration PERIOD_MAX = Duration.ofDays(366);

    public static final QuotaBudget UNLIMITED = new QuotaBudget(0, Duration.ofSeconds(1));

    public QuotaBudget {
        if (amount < 0) {
            throw new IllegalArgumentException("a quota must be 0 (no limit) or more");
        }
        if (!period.isPositive() || period.compareTo(PERIOD_MAX) > 0) {
            throw new IllegalArgumentException("the period of a quota must be above 0, to 366d");
        }
    }

    /// A long-term rate; ten seconds of it at once.
    public static QuotaBudget perSecond(long units) {
        return new QuotaBudget(Math.multiplyExact(units, BURST.toSeconds()), BURST);
    }

    public boolean isLimited() {
        return amount > 0;
    }

    /// What units cost, rounded up to microseconds: 0 without a limit.
    public long micros(long units) {
        return isLimited() ? (long) Math.ceil((double) units * periodMicros() / amount) : 0;
    }

    public long periodMicros() {
        return period.toNanos() / 1_000;
    }
}
