package io.lockstep.gateway.quota;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.limits.QuotaBudget;
import io.lockstep.log.CallEffect;
import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.log.quota.QuotaUnavailableException;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.MonotonicClock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The accounts that this node has used lately. Each tick settles those that are due: one call to
/// the store for an account, whatever was used. Bounded: the account that was used longest ago is
/// settled and forgotten. Thread-safe.
///
/// So a node learns what other nodes used within a tick, and beyond a quota each node admits at most
/// what it admits within a tick, and a hundredth of the quota.
final class QuotaLedger {
    static final Duration TICK = Duration.ofSeconds(1);

    /// An account occupies about 400 bytes.
    static final int ACCOUNTS_MAX = 20_000;

    private static final int SETTLED_AT_ONCE = 256;
    private static final Duration UNUSED = QuotaAccount.SETTLE_WITHIN.multipliedBy(5);

    private final QuotaStore store;
    private final Pseudonyms pseudonyms;
    private final Function<QuotaSubject, Map<QuotaMeasure, QuotaBudget>> budgets;
    private final MonotonicClock clock;
    private final Cache<QuotaSubject, QuotaAccount> accounts;
    private final Counter settlements;
    private final Counter failures;

    /// @param budgets the limited measures of a subject's account; empty for none
    QuotaLedger(
            QuotaStore store,
            Pseudonyms pseudonyms,
            Function<QuotaSubject, Map<QuotaMeasure, QuotaBudget>> budgets,
            MonotonicClock clock,
            MeterRegistry meters) {
        this.store = store;
        this.pseudonyms = pseudonyms;
        this.budgets = budgets;
        this.clock = clock;
        accounts =
                Caffeine.newBuilder()
                        .maximumSize(ACCOUNTS_MAX)
                        .expireAfterAccess(UNUSED)
                        .ticker(clock::nanos)
                        .executor(Runnable::run)
                        .removalListener(this::forgotten)
                        .build();
        settlements = settlements(meters, "done");
        failures = settlements(meters, "failed");
        Gauge.builder("lockstep.quota.accounts", accounts, Cache::estimatedSize)
                .description("Accounts of quotas that this node has used lately.")
                .strongReference(true)
                .register(meters);
    }

    private static Counter settlements(MeterRegistry meters, String outcome) {
        return Counter.builder("lockstep.quota.settlements")
                .description("Settlements of accounts of quotas with the store, by outcome.")
                .tag("outcome", outcome)
                .register(meters);
    }

    /// Only what was accepted opens an account: nobody fills the ledger with names of groups that do
    /// not exist.
    ///
    /// @return how long until the units may be used; empty if they may be used now
    Optional<Duration> toWait(QuotaSubject subject, QuotaMeasure measure, long units) {
        var account = accounts.getIfPresent(subject);
        return account == null ? Optional.empty() : account.toWait(measure, units, clock.nanos());
    }

    /// Counts units that were used, whether or not the budget had them.
    void use(QuotaSubject subject, QuotaMeasure measure, long units) {
        var limits = budgets.apply(subject);
        if (limits.containsKey(measure)) {
            accounts.get(subject, _ -> new QuotaAccount(limits, clock.nanos())).use(measure, units);
        }
    }

    private void forgotten(
            @Nullable QuotaSubject subject, @Nullable QuotaAccount account, RemovalCause cause) {
        if (subject != null && account != null && !account.isNearlyNothing()) {
            var _ = settle(subject, account).subscribe();
        }
    }

    /// Settles the accounts that are due. Completes when all of them are settled, or failed.
    Mono<Void> settleDue() {
        return Flux.defer(
                        () -> {
                            long now = clock.nanos();
                            return Flux.fromStream(
                                    accounts.asMap().entrySet().stream()
                                            .filter(account -> account.getValue().isDue(now)));
                        })
                .flatMap(account -> settle(account.getKey(), account.getValue()), SETTLED_AT_ONCE)
                .then();
    }

    /// Settles all accounts: this node stops.
    Mono<Void> settleAll() {
        return Flux.defer(() -> Flux.fromIterable(accounts.asMap().entrySet()))
                .filter(account -> !account.getValue().isNearlyNothing())
                .flatMap(account -> settle(account.getKey(), account.getValue()), SETTLED_AT_ONCE)
                .then();
    }

    private Mono<Void> settle(QuotaSubject subject, QuotaAccount account) {
        return Mono.defer(() -> Mono.justOrEmpty(account.begin()))
                .flatMap(charges -> charge(subject, account, charges));
    }

    private Mono<Void> charge(
            QuotaSubject subject, QuotaAccount account, Map<QuotaMeasure, Duration> charges) {
        return FaultBarrier.answer(() -> store.charge(subject.account(pseudonyms), charges))
                .doOnNext(debts -> {
                    account.settled(debts, clock.nanos());
                    settlements.increment();
                })
                .doOnError(e -> {
                    account.failed(
                            e instanceof QuotaUnavailableException failed
                                    ? failed.effect()
                                    : CallEffect.UNKNOWN);
                    failures.increment();
                })
                .onErrorComplete()
                .then();
    }
}
