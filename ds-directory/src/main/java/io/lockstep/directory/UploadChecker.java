package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.mls.DelimitedKeyPackage;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.MlsMessageReader;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Checks the KeyPackages of one upload against every rule, on threads of its own, because
/// signatures cost too much for an event loop. Several threads check a large upload at once. The
/// tasks of different users take turns, and a budget limits each user: one on this node, which
/// refuses without I/O, and one that all nodes share. KeyPackages that were published before are not
/// checked again.
final class UploadChecker {
    /// Small enough that several threads share even a small upload, large enough that the handover
    /// costs little.
    private static final int CHECKED_AT_ONCE = 16;

    /// Parsing this many costs about as much as the cheapest signature check.
    private static final int READ_FOR_A_UNIT = 10;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final Duration WARNED_EVERY = Duration.ofHours(1);

    private final KeyPackageLimits limits;
    private final List<KeyPackageRule> cheap;
    private final KeyPackageRule signatures = KeyPackageRule.signatures();

    private final KeyPackageRule usualLifetime;
    private final RateLimitedLogger unusualLifetimes;
    private final FairExecutor queue;
    private final TokenBuckets budgets;
    private final SharedBudget shared;
    private final int parallel = Runtime.getRuntime().availableProcessors();
    private final ThreadMXBean cpu = ManagementFactory.getThreadMXBean();
    private final Counter checked;
    private final Counter cpuSeconds;

    UploadChecker(
            KeyPackageLimits limits,
            CredentialRule credentials,
            SharedBudget shared,
            Scheduler threads,
            LongSupplier nanos,
            MeterRegistry meters) {
        this.limits = limits;
        this.shared = shared;
        this.cheap = KeyPackageRule.cheap(credentials, limits.lifetimeMax());
        this.usualLifetime = KeyPackageRule.usualLifetime(limits.lifetimeMax());
        this.unusualLifetimes =
                new RateLimitedLogger(
                        LoggerFactory.getLogger(UploadChecker.class), 1, WARNED_EVERY, nanos);
        this.queue = new FairExecutor(threads, parallel);
        this.budgets =
                new TokenBuckets(
                        KeyPackageLimits.CHECK_UNITS_MAX, KeyPackageLimits.CHECKS_PERIOD, nanos);
        checked =
                Counter.builder("lockstep.directory.signatures.checked")
                        .description("KeyPackages whose two signatures were checked")
                        .register(meters);
        cpuSeconds =
                Counter.builder("lockstep.directory.signatures.cpu")
                        .description("CPU time of checking signatures")
                        .baseUnit("seconds")
                        .register(meters);
    }

    /// The result of the checks of one KeyPackage.
    sealed interface KeyPackageResult {
        record Good(OfferedKeyPackage offer) implements KeyPackageResult {}

        /// It satisfies all rules except the signatures, which were not checked yet.
        record Unverified(KeyPackage keyPackage, OfferedKeyPackage offer)
                implements KeyPackageResult {}

        record Bad(Refusal refusal) implements KeyPackageResult {}
    }

    /// The budget of a user that all nodes share.
    @FunctionalInterface
    interface SharedBudget {
        /// As [KeyPackageStore#chargeUpload].
        Mono<Duration> charge(String user, int units);
    }

    /// How long a user must wait whose recent uploads exceed its budget; zero when it need not.
    Mono<Duration> mustWait(String user) {
        return Mono.defer(() ->
                budgets.waitForOne(user).map(Mono::just).orElseGet(() -> shared.charge(user, 0)));
    }

    /// Charges an upload that is not parsed. The caller checks [#mustWait] before.
    Mono<Void> countOpaque(String user) {
        return charge(user, KeyPackageLimits.OPAQUE_UNITS);
    }

    private Mono<Void> charge(String user, int units) {
        return Mono.defer(() -> {
            budgets.owe(user, units);
            return shared.charge(user, units).then();
        });
    }

    /// One result for each KeyPackage of the body, in order. Fails with [RefusalException].
    ///
    /// @param published returns which of some refs were published before, by any client
    Mono<List<KeyPackageResult>> check(
            ClientId owner,
            Bytes body,
            Instant now,
            Function<Collection<Bytes>, Mono<Set<Bytes>>> published) {
        var user = owner.user();
        return queue.run(user, () -> read(owner, body, now))
                .flatMap(all ->
                        published
                                .apply(refs(all))
                                .flatMap(known -> verified(owner, all, known, now))
                                .map(verdicts -> all.stream().map(verdicts::outcome).toList()));
    }

    private List<KeyPackageResult> read(ClientId owner, Bytes body, Instant now)
            throws RefusalException {
        var outcomes = new ArrayList<KeyPackageResult>();
        for (var cut : cut(body)) {
            outcomes.add(
                    switch (cut) {
                        case DelimitedKeyPackage.Supported(var keyPackage) ->
                                checkCheaply(owner, keyPackage, now);
                        case DelimitedKeyPackage.Unsupported(var refusal) ->
                                new KeyPackageResult.Bad(refusal);
                    });
        }
        return outcomes;
    }

    private static List<Bytes> refs(List<KeyPackageResult> all) {
        var refs = new ArrayList<Bytes>();
        for (var outcome : all) {
            if (outcome instanceof KeyPackageResult.Unverified(_, var offer)) {
                refs.add(offer.keyPackage().ref());
            }
        }
        return refs;
    }

    /// The reasons of invalid signatures, by ref.
    private record SignatureFailures(Map<Bytes, KeyPackageResult.Bad> violations) {
        KeyPackageResult outcome(KeyPackageResult before) {
            if (before instanceof KeyPackageResult.Unverified(_, var offer)) {
                var bad = violations.get(offer.keyPackage().ref());
                return bad != null ? bad : new KeyPackageResult.Good(offer);
            }
            return before;
        }
    }

    /// Checks each ref once, except those that were published before.
    private Mono<SignatureFailures> verified(
            ClientId owner, List<KeyPackageResult> all, Set<Bytes> known, Instant now) {
        var unverified = new LinkedHashMap<Bytes, KeyPackage>();
        int units = all.size() / READ_FOR_A_UNIT + 1;
        for (var outcome : all) {
            if (outcome instanceof KeyPackageResult.Unverified(var keyPackage, var offer)
                    && !known.contains(offer.keyPackage().ref())
                    && unverified.put(offer.keyPackage().ref(), keyPackage) == null) {
                units += units(keyPackage.cipherSuite());
            }
        }
        return charge(owner.user(), units)
                .thenMany(Flux.fromIterable(unverified.entrySet()))
                .buffer(CHECKED_AT_ONCE)
                .flatMap(
                        some -> queue.run(owner.user(), () -> violations(owner, some, now)),
                        parallel)
                .collect(
                        () -> new SignatureFailures(new HashMap<>()),
                        (verdicts, more) -> verdicts.violations().putAll(more));
    }

    private Map<Bytes, KeyPackageResult.Bad> violations(
            ClientId owner, List<Map.Entry<Bytes, KeyPackage>> some, Instant now) {
        var bad = new HashMap<Bytes, KeyPackageResult.Bad>();
        for (var one : some) {
            signaturesViolation(one.getValue(), owner, now)
                    .ifPresent(violation -> bad.put(one.getKey(), invalid(violation)));
        }
        return bad;
    }

    /// The cost of checking both signatures, in units of about 0.25 ms.
    private static int units(int suite) {
        return switch (suite) {
            case 2 -> 3;
            case 4, 6 -> 8;
            case 7 -> 10;
            case 5 -> 18;
            default -> 1;
        };
    }

    private List<DelimitedKeyPackage> cut(Bytes body) throws RefusalException {
        var cut = MlsMessageReader.cutKeyPackages(body, limits.perUploadMax());
        if (cut.isEmpty()) {
            throw new RefusalException(Code.INVALID_REQUEST, "the body contains no KeyPackage");
        }
        return cut;
    }

    private KeyPackageResult checkCheaply(ClientId owner, KeyPackage keyPackage, Instant now) {
        if (keyPackage.bare().size() > limits.bytesMax()) {
            return new KeyPackageResult.Bad(
                    new Refusal(
                            Code.MESSAGE_TOO_LARGE,
                            "a KeyPackage has at most " + limits.bytesMax() + " bytes"));
        }
        return cheap.stream()
                .map(check -> check.violation(keyPackage, owner, now))
                .flatMap(Optional::stream)
                .findFirst()
                .<KeyPackageResult>map(UploadChecker::invalid)
                .orElseGet(() -> {
                    warnOfLifetime(owner, keyPackage, now);
                    return new KeyPackageResult.Unverified(keyPackage, offer(owner, keyPackage));
                });
    }

    private void warnOfLifetime(ClientId owner, KeyPackage keyPackage, Instant now) {
        usualLifetime
                .violation(keyPackage, owner, now)
                .ifPresent(violation ->
                        unusualLifetimes.warn(
                                "a KeyPackage is accepted that a server with the default"
                                        + " key-packages.lifetime-max refuses: {}",
                                violation));
    }

    private static KeyPackageResult.Bad invalid(String violation) {
        return new KeyPackageResult.Bad(new Refusal(Code.INVALID_KEY_PACKAGE, violation));
    }

    private Optional<String> signaturesViolation(
            KeyPackage keyPackage, ClientId owner, Instant now) {
        long begun = cpu.getCurrentThreadCpuTime();
        var violation = signatures.violation(keyPackage, owner, now);
        checked.increment();
        cpuSeconds.increment((cpu.getCurrentThreadCpuTime() - begun) / NANOS_PER_SECOND);
        return violation;
    }

    private static OfferedKeyPackage offer(ClientId owner, KeyPackage keyPackage) {
        return new OfferedKeyPackage(
                new StoredKeyPackage(
                        owner,
                        keyPackage.ref(),
                        KeyPackageKind.ofSuite(keyPackage.cipherSuite()),
                        keyPackage.lastResort(),
                        expiry(keyPackage.notAfter()),
                        keyPackage.message()),
                Features.of(keyPackage.capabilities()),
                keyPackage.initKey());
    }

    /// The end of a lifetime in unsigned seconds. A value beyond the range of Instant counts as
    /// unlimited.
    static Instant expiry(long notAfter) {
        return Long.compareUnsigned(notAfter, Instant.MAX.getEpochSecond()) >= 0
                ? Instant.MAX
                : Instant.ofEpochSecond(notAfter);
    }
}
