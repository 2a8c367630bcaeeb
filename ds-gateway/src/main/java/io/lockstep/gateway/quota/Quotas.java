package io.lockstep.gateway.quota;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.limits.QuotaBudget;
import io.lockstep.gateway.limits.QuotaLimits;
import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.ordering.Submission;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Decides which quota a request uses, refuses it while one is used up, and counts what was
/// accepted. What is refused by ordering is not counted: the rates of a node bound it. A group's
/// quota is counted for accepted submissions only, so an outsider cannot use it up.
///
/// | Account | Measures |
/// |---|---|
/// | client | messages, commits, memberships |
/// | user | entries, bytes, groups, uploaded bytes |
/// | group | messages, commits, entries, bytes |
/// | deployment | messages, commits, entries, bytes, groups |
public final class Quotas {
    private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);

    /// A client asks again at least so often: the operator may have raised the quota.
    private static final Duration WAIT_MAX = Duration.ofHours(1);

    private static final int ASKED_AT_ONCE = 256;
    private static final QuotaSubject EVERYONE = new QuotaSubject.OfDeployment();

    private final QuotaStore store;
    private final Pseudonyms pseudonyms;
    private final QuotaLedger ledger;
    private final Map<QuotaMeasure, QuotaBudget> ofClient;
    private final Map<QuotaMeasure, QuotaBudget> ofUser;
    private final Map<QuotaMeasure, QuotaBudget> ofGroup;
    private final Map<QuotaMeasure, QuotaBudget> ofDeployment;
    private final MeterRegistry meters;

    public Quotas(
            QuotaStore store,
            Pseudonyms pseudonyms,
            QuotaLimits limits,
            MonotonicClock clock,
            MeterRegistry meters) {
        this.store = store;
        this.meters = meters;
        this.pseudonyms = pseudonyms;
        ofClient =
                limited(
                        Map.of(
                                QuotaMeasure.MESSAGES, limits.clientMessages(),
                                QuotaMeasure.COMMITS, limits.clientCommits(),
                                QuotaMeasure.MEMBERSHIPS, limits.clientMemberships()));
        ofUser =
                limited(
                        Map.of(
                                QuotaMeasure.ENTRIES, limits.userEntries(),
                                QuotaMeasure.BYTES, limits.userBytes(),
                                QuotaMeasure.GROUPS, limits.userGroups(),
                                QuotaMeasure.GROUPS_PER_DAY, limits.userGroupsPerDay(),
                                QuotaMeasure.UPLOAD_BYTES, limits.userUploadBytes()));
        ofGroup =
                limited(
                        Map.of(
                                QuotaMeasure.MESSAGES, limits.groupMessages(),
                                QuotaMeasure.COMMITS, limits.groupCommits(),
                                QuotaMeasure.ENTRIES, limits.groupEntries(),
                                QuotaMeasure.BYTES, limits.groupBytes()));
        ofDeployment =
                limited(
                        Map.of(
                                QuotaMeasure.MESSAGES, limits.allMessages(),
                                QuotaMeasure.COMMITS, limits.allCommits(),
                                QuotaMeasure.ENTRIES, limits.allEntries(),
                                QuotaMeasure.BYTES, limits.allBytes(),
                                QuotaMeasure.GROUPS, limits.allGroups()));
        ledger = new QuotaLedger(store, pseudonyms, this::budgets, clock, meters);
    }

    private static Map<QuotaMeasure, QuotaBudget> limited(Map<QuotaMeasure, QuotaBudget> all) {
        var limited = new EnumMap<QuotaMeasure, QuotaBudget>(QuotaMeasure.class);
        all.forEach((measure, budget) -> {
            if (budget.isLimited()) {
                limited.put(measure, budget);
            }
        });
        return limited;
    }

    private Map<QuotaMeasure, QuotaBudget> budgets(QuotaSubject subject) {
        return switch (subject) {
            case QuotaSubject.OfClient _ -> ofClient;
            case QuotaSubject.OfUser _ -> ofUser;
            case QuotaSubject.OfGroup _ -> ofGroup;
            case QuotaSubject.OfDeployment _ -> ofDeployment;
        };
    }

    /// Units of one measure.
    private record QuotaCharge(QuotaMeasure measure, long units) {}

    private static List<QuotaCharge> charges(QuotaUse use) {
        var bytes = new QuotaCharge(QuotaMeasure.BYTES, use.bytes());
        var entry = new QuotaCharge(QuotaMeasure.ENTRIES, 1);
        var message = new QuotaCharge(QuotaMeasure.MESSAGES, 1);
        var commit = new QuotaCharge(QuotaMeasure.COMMITS, 1);
        var membership = new QuotaCharge(QuotaMeasure.MEMBERSHIPS, 1);
        return switch (use.kind()) {
            case NONE -> List.of();
            case EPHEMERAL_MESSAGE -> List.of(message);
            case MESSAGE -> List.of(message, entry, bytes);
            case COMMIT -> List.of(commit, entry, bytes);
            case EXTERNAL_COMMIT -> List.of(commit, entry, bytes, membership);
            case CREATE ->
                    List.of(
                            new QuotaCharge(QuotaMeasure.GROUPS_PER_DAY, 1),
                            new QuotaCharge(QuotaMeasure.GROUPS, 1),
                            membership,
                            bytes);
        };
    }

    private static List<QuotaSubject> sendersOf(ClientId client) {
        return List.of(
                new QuotaSubject.OfClient(client),
                new QuotaSubject.OfUser(client.user()),
                EVERYONE);
    }

    /// @return why the client may not use that now; empty if its client, its user and the
    ///     deployment have it
    public Optional<Postponement> ofSender(ClientId client, QuotaUse use) {
        return sendersOf(client).stream()
                .map(subject -> used(subject, charges(use)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// @return why the submission's author may not join one more group; empty if it may, or does not
    ///     join
    public Optional<Postponement> ofJoiner(ClientId client, Submission submission) {
        return QuotaUse.of(submission).kind() == QuotaUse.UseKind.EXTERNAL_COMMIT
                ? used(
                        new QuotaSubject.OfClient(client),
                        List.of(new QuotaCharge(QuotaMeasure.MEMBERSHIPS, 1)))
                : Optional.empty();
    }

    /// @return why nobody may use that in the group now. Only a member may learn it.
    public Optional<Postponement> ofGroup(GroupId group, QuotaUse use) {
        return use.kind() == QuotaUse.UseKind.CREATE
                ? Optional.empty()
                : used(new QuotaSubject.OfGroup(group), charges(use));
    }

    /// @return why the user may not upload a blob now
    public Optional<Postponement> ofUpload(ClientId client, long bytes) {
        return used(
                new QuotaSubject.OfUser(client.user()),
                List.of(new QuotaCharge(QuotaMeasure.UPLOAD_BYTES, bytes)));
    }

    private Optional<Postponement> used(QuotaSubject subject, List<QuotaCharge> charges) {
        for (var charge : charges) {
            var wait = ledger.toWait(subject, charge.measure(), charge.units());
            if (wait.isPresent()) {
                return Optional.of(postponement(subject, charge.measure(), wait.get()));
            }
        }
        return Optional.empty();
    }

    private Postponement postponement(QuotaSubject subject, QuotaMeasure measure, Duration wait) {
        Counter.builder("lockstep.quota.refusals")
                .description("Requests refused because a quota is used up, by quota.")
                .tag("holder", subject.tag())
                .tag("measure", measure.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment();
        return new Postponement(
                new Refusal(code(measure), "the quota of " + subject.text() + what(measure)),
                wait.compareTo(WAIT_MAX) < 0 ? wait : WAIT_MAX);
    }

    private static Code code(QuotaMeasure measure) {
        return switch (measure) {
            case MESSAGES, COMMITS -> Code.RATE_LIMITED;
            case ENTRIES, BYTES, GROUPS, GROUPS_PER_DAY, UPLOAD_BYTES, MEMBERSHIPS ->
                    Code.QUOTA_EXCEEDED;
        };
    }

    private static String what(QuotaMeasure measure) {
        return switch (measure) {
            case MESSAGES -> " for messages a second is used up";
            case COMMITS -> " for commits a second is used up";
            case ENTRIES -> " for stored messages is used up";
            case BYTES -> " for stored bytes is used up";
            case GROUPS -> " for groups is used up";
            case GROUPS_PER_DAY -> " for new groups in a day is used up";
            case UPLOAD_BYTES -> " for uploaded bytes is used up";
            case MEMBERSHIPS -> " for memberships is used up";
        };
    }

    /// Counts a submission that was accepted.
    public void accepted(ClientId client, Submission submission) {
        var use = QuotaUse.of(submission);
        var charges = charges(use);
        for (var subject : sendersOf(client)) {
            charges.forEach(charge -> ledger.use(subject, charge.measure(), charge.units()));
        }
        if (use.kind() != QuotaUse.UseKind.CREATE) {
            var group = new QuotaSubject.OfGroup(submission.group());
            charges.forEach(charge -> ledger.use(group, charge.measure(), charge.units()));
        }
    }

    /// Counts a blob that was stored.
    public void uploaded(ClientId client, long bytes) {
        ledger.use(new QuotaSubject.OfUser(client.user()), QuotaMeasure.UPLOAD_BYTES, bytes);
    }

    /// The clients among these that may join no more groups, as the store knows. Empty where the
    /// store does not answer: a quota that cannot be read refuses nothing.
    public Mono<Set<ClientId>> withoutMemberships(Collection<ClientId> clients) {
        var budget = ofClient.get(QuotaMeasure.MEMBERSHIPS);
        if (budget == null || clients.isEmpty()) {
            return Mono.just(Set.of());
        }
        long most = budget.periodMicros() - budget.micros(1);
        return Flux.fromIterable(clients)
                .flatMap(
                        client ->
                                store.charge(account(client), Map.of())
                                        .filter(debts -> debt(debts) > most)
                                        .map(_ -> client),
                        ASKED_AT_ONCE)
                .collect(Collectors.toSet())
                .doOnError(e -> LOG.warn("memberships cannot be read: {}", e.toString()))
                .onErrorReturn(Set.of());
    }

    private static long debt(Map<QuotaMeasure, Duration> debts) {
        return debts.getOrDefault(QuotaMeasure.MEMBERSHIPS, Duration.ZERO).toNanos() / 1_000;
    }

    private Bytes account(ClientId client) {
        return new QuotaSubject.OfClient(client).account(pseudonyms);
    }

    /// Counts a membership of each client, at the store: there may be more of them than this node
    /// has accounts for.
    public void joined(Collection<ClientId> clients) {
        var budget = ofClient.get(QuotaMeasure.MEMBERSHIPS);
        if (budget == null) {
            return;
        }
        var charge =
                Map.of(QuotaMeasure.MEMBERSHIPS, Duration.of(budget.micros(1), ChronoUnit.MICROS));
        var _ =
                Flux.fromIterable(clients)
                        .flatMap(client -> store.charge(account(client), charge), ASKED_AT_ONCE)
                        .subscribe(
                                _ -> {},
                                e -> LOG.warn("memberships are not counted: {}", e.toString()));
    }

    /// Settles accounts with the store periodically, until it is disposed of.
    public Disposable start(Scheduler timer) {
        return FaultBarrier.ticks(QuotaLedger.TICK, QuotaLedger.TICK, timer)
                .concatMap(
                        FaultBarrier.mono("the settlement of quotas", _ -> ledger.settleDue()), 1)
                .subscribe();
    }

    /// Settles the accounts that are due, now.
    Mono<Void> settleDue() {
        return ledger.settleDue();
    }

    /// Settles what this node has used: it stops.
    public Mono<Void> settleAll() {
        return ledger.settleAll();
    }
}
