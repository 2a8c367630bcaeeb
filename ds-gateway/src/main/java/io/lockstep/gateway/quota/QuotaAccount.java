package io.lockstep.gateway.quota;

import io.lockstep.gateway.limits.QuotaBudget;
import io.lockstep.log.CallEffect;
import io.lockstep.log.quota.QuotaMeasure;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// One node's view of an account: the debts that the store reported, and what this node has used
/// since. Takes times as arguments and does no I/O. Guarded by its monitor.
///
/// ```
/// debt now = max(0, reported − elapsed) + cost(in settlement + unsettled)
/// debt now + cost(units) ≤ period  →  the units may be used
/// ```
///
/// An account is due for settlement at the next tick if it is new, if this node has used a
/// hundredth of a budget since the last settlement, or anything while half of the budget is used
/// up; otherwise [#SETTLE_WITHIN] after the last settlement.
final class QuotaAccount {
    static final Duration SETTLE_WITHIN = Duration.ofMinutes(1);

    private static final int SLICES = 100;
    private static final int NEARLY_NOTHING = 1_000;
    private static final long NANOS_PER_MICRO = 1_000;

    /// One entry for each measure that has a budget.
    private final Map<QuotaMeasure, MeasuredUse> uses = new EnumMap<>(QuotaMeasure.class);

    private long reportedNanos;
    private boolean known;
    private boolean inSettlement;

    /// @param budgets the limited measures of such an account
    QuotaAccount(Map<QuotaMeasure, QuotaBudget> budgets, long nowNanos) {
        budgets.forEach((measure, budget) -> uses.put(measure, new MeasuredUse(budget)));
        reportedNanos = nowNanos;
    }

    /// The use of one measure.
    private static final class MeasuredUse {
        private final QuotaBudget budget;

        /// Microseconds, as the store reported them at `reportedNanos`.
        private long reported;

        /// Units that this node has used since the last settlement began.
        private long unsettled;

        /// Units of the settlement that is in progress.
        private long settling;

        MeasuredUse(QuotaBudget budget) {
            this.budget = budget;
        }

        long debt(long elapsedMicros) {
            return Math.max(0, reported - elapsedMicros) + budget.micros(settling + unsettled);
        }

        boolean isMuch(long elapsedMicros) {
            long period = budget.periodMicros();
            return budget.micros(unsettled) >= period / SLICES || debt(elapsedMicros) >= period / 2;
        }
    }

    /// @return how long until the units may be used; empty if they may be used now. More units than
    ///     the budget has count as all of it.
    synchronized Optional<Duration> toWait(QuotaMeasure measure, long units, long nowNanos) {
        var use = uses.get(measure);
        if (use == null) {
            return Optional.empty();
        }
        var budget = use.budget;
        long cost = budget.micros(Math.min(units, budget.amount()));
        long over = use.debt(elapsedMicros(nowNanos)) + cost - budget.periodMicros();
        return over > 0 ? Optional.of(Duration.of(over, ChronoUnit.MICROS)) : Optional.empty();
    }

    private long elapsedMicros(long nowNanos) {
        return (nowNanos - reportedNanos) / NANOS_PER_MICRO;
    }

    /// Counts units that were used.
    synchronized void use(QuotaMeasure measure, long units) {
        var use = uses.get(measure);
        if (use != null) {
            use.unsettled += units;
        }
    }

    synchronized boolean isDue(long nowNanos) {
        if (inSettlement) {
            return false;
        }
        if (!known) {
            return true;
        }
        boolean old = nowNanos - reportedNanos >= SETTLE_WITHIN.toNanos();
        long elapsed = elapsedMicros(nowNanos);
        return uses.values().stream()
                .anyMatch(use -> use.unsettled > 0 && (old || use.isMuch(elapsed)));
    }

    /// Whether the node may forget the account without settling it.
    synchronized boolean isNearlyNothing() {
        return uses.values().stream()
                .allMatch(use ->
                        use.budget.micros(use.unsettled)
                                <= use.budget.periodMicros() / NEARLY_NOTHING);
    }

    /// Begins a settlement, unless one is in progress.
    ///
    /// @return what to charge, or no charges to ask only; empty if one is in progress
    synchronized Optional<Map<QuotaMeasure, Duration>> begin() {
        if (inSettlement) {
            return Optional.empty();
        }
        inSettlement = true;
        var charges = new EnumMap<QuotaMeasure, Duration>(QuotaMeasure.class);
        uses.forEach((measure, use) -> {
            use.settling = use.unsettled;
            use.unsettled = 0;
            long micros = use.budget.micros(use.settling);
            if (micros > 0) {
                charges.put(measure, Duration.of(micros, ChronoUnit.MICROS));
            }
        });
        return Optional.of(charges);
    }

    /// @param debts of all nodes, what was charged included
    synchronized void settled(Map<QuotaMeasure, Duration> debts, long nowNanos) {
        uses.forEach((measure, use) -> {
            use.settling = 0;
            use.reported = debts.getOrDefault(measure, Duration.ZERO).toNanos() / NANOS_PER_MICRO;
        });
        known = true;
        reportedNanos = nowNanos;
        inSettlement = false;
    }

    /// The settlement failed. What may have been charged is not charged again: an account is never
    /// charged twice.
    synchronized void failed(CallEffect effect) {
        inSettlement = false;
        for (var use : uses.values()) {
            use.unsettled += effect == CallEffect.NOT_EXECUTED ? use.settling : 0;
            use.settling = 0;
        }
    }
}
