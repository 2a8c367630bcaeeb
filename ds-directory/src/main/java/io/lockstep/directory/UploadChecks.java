package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.CutKeyPackage;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessages;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Checks the KeyPackages of one upload against every rule, on threads of their own: signatures cost too much for
/// an event loop. Large uploads are checked by several threads at once.
final class UploadChecks {
    /// So few that several threads share even a small upload, so many that handing over costs nothing.
    private static final int CHECKED_AT_ONCE = 16;

    private static final double NANOS_PER_SECOND = 1e9;

    private final KeyPackageLimits limits;
    private final List<KeyPackageCheck> cheap;
    private final KeyPackageCheck signatures = KeyPackageCheck.signatures();
    private final Scheduler threads;
    private final int parallel = Runtime.getRuntime().availableProcessors();
    private final ThreadMXBean cpu = ManagementFactory.getThreadMXBean();
    private final Counter checked;
    private final Counter cpuSeconds;

    UploadChecks(
            KeyPackageLimits limits,
            CredentialRule credentials,
            Scheduler threads,
            MeterRegistry meters) {
        this.limits = limits;
        this.cheap = KeyPackageCheck.cheap(credentials, limits.lifetimeMax());
        this.threads = threads;
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

    /// What became of one KeyPackage.
    sealed interface Outcome {
        record Good(Offer offer) implements Outcome {}

        record Bad(Code code, String detail) implements Outcome {}
    }

    /// One outcome for each KeyPackage of the body, in order; fails with [UnreadableBodyException].
    Mono<List<Outcome>> check(ClientId owner, Bytes body, Instant now) {
        return Mono.fromCallable(() -> cut(body))
                .subscribeOn(threads)
                .flatMapMany(all -> Flux.fromIterable(all).buffer(CHECKED_AT_ONCE))
                .flatMapSequential(
                        some ->
                                Mono.fromSupplier(() -> check(owner, some, now))
                                        .subscribeOn(threads),
                        parallel)
                .flatMapIterable(outcomes -> outcomes)
                .collectList();
    }

    private List<CutKeyPackage> cut(Bytes body) throws UnreadableBodyException {
        try {
            var cut = MlsMessages.cutKeyPackages(body, limits.perUploadMax());
            if (cut.isEmpty()) {
                throw new UnreadableBodyException(
                        Code.INVALID_REQUEST, "the body holds no KeyPackage");
            }
            return cut;
        } catch (MalformedMessageException e) {
            throw new UnreadableBodyException(e.code(), e.detail());
        }
    }

    private List<Outcome> check(ClientId owner, List<CutKeyPackage> some, Instant now) {
        var outcomes = new ArrayList<Outcome>(some.size());
        for (var cut : some) {
            outcomes.add(
                    switch (cut) {
                        case CutKeyPackage.Whole(var keyPackage) -> check(owner, keyPackage, now);
                        case CutKeyPackage.Unusable(var code, var detail) ->
                                new Outcome.Bad(code, detail);
                    });
        }
        return outcomes;
    }

    private Outcome check(ClientId owner, KeyPackage keyPackage, Instant now) {
        if (keyPackage.bare().size() > limits.bytesMax()) {
            return new Outcome.Bad(
                    Code.MESSAGE_TOO_LARGE,
                    "a KeyPackage has at most " + limits.bytesMax() + " bytes");
        }
        return cheap.stream()
                .map(check -> check.violation(keyPackage, owner, now))
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> signaturesViolation(keyPackage, owner, now))
                .<Outcome>map(violation -> new Outcome.Bad(Code.INVALID_KEY_PACKAGE, violation))
                .orElseGet(() -> new Outcome.Good(offer(owner, keyPackage)));
    }

    private Optional<String> signaturesViolation(
            KeyPackage keyPackage, ClientId owner, Instant now) {
        long begun = cpu.getCurrentThreadCpuTime();
        var violation = signatures.violation(keyPackage, owner, now);
        checked.increment();
        cpuSeconds.increment((cpu.getCurrentThreadCpuTime() - begun) / NANOS_PER_SECOND);
        return violation;
    }

    private static Offer offer(ClientId owner, KeyPackage keyPackage) {
        return new Offer(
                new StoredKeyPackage(
                        owner,
                        keyPackage.ref(),
                        Shelf.ofSuite(keyPackage.cipherSuite()),
                        keyPackage.lastResort(),
                        expiry(keyPackage.notAfter()),
                        keyPackage.message()),
                Features.of(keyPackage.capabilities()));
    }

    /// The end of a lifetime, unsigned seconds; what no Instant can hold is as good as never.
    static Instant expiry(long notAfter) {
        return Long.compareUnsigned(notAfter, Instant.MAX.getEpochSecond()) >= 0
                ? Instant.MAX
                : Instant.ofEpochSecond(notAfter);
    }
}
