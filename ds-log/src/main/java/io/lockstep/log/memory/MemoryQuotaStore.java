package io.lockstep.log.memory;

import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Mono;

/// [QuotaStore] in the memory of this process. Accounts that owe nothing are removed when they are
/// used, and all of them after each [#SWEEP_AFTER] charges.
public final class MemoryQuotaStore implements QuotaStore {
    private static final int SWEEP_AFTER = 10_000;

    private final InstantSource clock;

    /// When all charges of a measure are paid, by account.
    private final Map<Bytes, Map<QuotaMeasure, Instant>> accounts = new HashMap<>();

    private int charged;

    public MemoryQuotaStore(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Mono<Map<QuotaMeasure, Duration>> charge(
            Bytes account, Map<QuotaMeasure, Duration> charges) {
        return Mono.fromSupplier(() -> chargeNow(account, charges));
    }

    private synchronized Map<QuotaMeasure, Duration> chargeNow(
            Bytes account, Map<QuotaMeasure, Duration> charges) {
        var now = clock.instant();
        if (++charged >= SWEEP_AFTER) {
            charged = 0;
            accounts.values().removeIf(paid -> owesNothing(paid, now));
        }
        var paid = accounts.computeIfAbsent(account, _ -> new EnumMap<>(QuotaMeasure.class));
        charges.forEach((measure, charge) ->
                paid.merge(
                        measure,
                        now.plus(charge),
                        (before, fresh) -> before.isAfter(now) ? before.plus(charge) : fresh));
        if (owesNothing(paid, now)) {
            accounts.remove(account);
        }
        var debts = new EnumMap<QuotaMeasure, Duration>(QuotaMeasure.class);
        paid.forEach((measure, until) -> debts.put(measure, Duration.between(now, until)));
        return Map.copyOf(debts);
    }

    private static boolean owesNothing(Map<QuotaMeasure, Instant> paid, Instant now) {
        paid.values().removeIf(until -> !until.isAfter(now));
        return paid.isEmpty();
    }

    /// The number of accounts that are held.
    public synchronized int size() {
        return accounts.size();
    }
}
