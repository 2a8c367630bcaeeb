package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimResult.ClaimedKeyPackage;
import io.lockstep.directory.ClaimResult.MissingKeyPackage;
import io.lockstep.directory.PublishResult.RefusedKeyPackage;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessages;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import reactor.core.publisher.Mono;

/// The directory's KeyPackages: each is read strictly and checked before it is stored, and handed out once
/// (I6).
public final class CheckedKeyPackages implements KeyPackages {
    /// Devices of one user that a claim asks for at the same time.
    private static final int DEVICES_AT_ONCE = 8;

    private final KeyPackageStore store;
    private final List<KeyPackageCheck> checks;
    private final DirectoryLimits limits;
    private final InstantSource clock;
    private final MeterRegistry meters;

    public CheckedKeyPackages(
            KeyPackageStore store,
            CredentialRule credentials,
            DirectoryLimits limits,
            InstantSource clock,
            MeterRegistry meters) {
        this.store = store;
        this.checks = KeyPackageCheck.all(credentials, limits.lifetimeMax());
        this.limits = limits;
        this.clock = clock;
        this.meters = meters;
    }

    @Override
    public Mono<PublishResult> publish(ClientId owner, Bytes body) {
        List<KeyPackage> read;
        try {
            read = MlsMessages.readKeyPackages(body, limits.keyPackagesPerUploadMax());
        } catch (MalformedMessageException e) {
            return Mono.just(refusedWhole(e.code(), e.detail()));
        }
        if (read.isEmpty()) {
            return Mono.just(refusedWhole(Code.INVALID_REQUEST, "the body holds no KeyPackage"));
        }
        var now = clock.instant();
        var upload = new Upload(owner);
        for (int i = 0; i < read.size(); i++) {
            check(upload, i, read.get(i), now);
        }
        return upload.toStore.isEmpty()
                ? Mono.fromSupplier(() -> published(upload, List.of()))
                : store.publish(owner, upload.toStore, limits.keyPackagesPerSuiteMax())
                        .map(outcomes -> published(upload, outcomes));
    }

    /// What one upload has come to: those that passed with their places, and those that did not.
    private static final class Upload {
        final ClientId owner;
        final List<StoredKeyPackage> toStore = new ArrayList<>();
        final List<Integer> places = new ArrayList<>();
        final List<RefusedKeyPackage> refused = new ArrayList<>();

        Upload(ClientId owner) {
            this.owner = owner;
        }
    }

    private void check(Upload upload, int index, KeyPackage keyPackage, Instant now) {
        for (var check : checks) {
            var violation = check.violation(keyPackage, upload.owner, now);
            if (violation.isPresent()) {
                upload.refused.add(
                        new RefusedKeyPackage(index, Code.INVALID_KEY_PACKAGE, violation.get()));
                return;
            }
        }
        upload.places.add(index);
        upload.toStore.add(
                new StoredKeyPackage(
                        upload.owner,
                        keyPackage.ref(),
                        keyPackage.cipherSuite(),
                        keyPackage.lastResort(),
                        expiry(keyPackage.notAfter()),
                        keyPackage.message()));
    }

    private PublishResult published(Upload upload, List<KeyPackageStore.Published> outcomes) {
        int stored = 0;
        var refused = new ArrayList<>(upload.refused);
        for (int i = 0; i < outcomes.size(); i++) {
            int index = upload.places.get(i);
            switch (outcomes.get(i)) {
                case STORED -> stored++;
                case DUPLICATE -> refused.add(refusal(index, Code.DUPLICATE_KEY_PACKAGE));
                case TOO_MANY -> refused.add(refusal(index, Code.TOO_MANY_KEY_PACKAGES));
            }
        }
        refused.sort((a, b) -> Integer.compare(a.index(), b.index()));
        meters.counter("lockstep.directory.keypackages.stored").increment(stored);
        for (var each : refused) {
            countRefused(each.code());
        }
        return new PublishResult.Published(stored, refused);
    }

    private PublishResult refusedWhole(Code code, String detail) {
        countRefused(code);
        return new PublishResult.Refused(code, detail);
    }

    private void countRefused(Code code) {
        meters.counter("lockstep.directory.keypackages.refused", "code", code.wireName())
                .increment();
    }

    private static RefusedKeyPackage refusal(int index, Code code) {
        return new RefusedKeyPackage(index, code, code.meaning());
    }

    /// The end of a lifetime, unsigned seconds; what no Instant can hold is as good as never.
    static Instant expiry(long notAfter) {
        return Long.compareUnsigned(notAfter, Instant.MAX.getEpochSecond()) >= 0
                ? Instant.MAX
                : Instant.ofEpochSecond(notAfter);
    }

    @Override
    public Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, List<Integer> suites) {
        var now = clock.instant();
        return store.devices(user)
                .flatMapIterable(TreeSet::new)
                .filter(d -> device.isEmpty() || device.get().equals(d))
                .map(d -> new ClientId(user, d))
                .flatMapSequential(client -> claimOne(client, suites, now), DEVICES_AT_ONCE)
                .collectList()
                .map(this::claimed);
    }

    private sealed interface Outcome {
        record Found(ClaimedKeyPackage keyPackage) implements Outcome {}

        record None(MissingKeyPackage missing) implements Outcome {}
    }

    private Mono<Outcome> claimOne(ClientId client, List<Integer> suites, Instant now) {
        return store.claim(client, suites, now)
                .flatMap(found ->
                        found.map(k -> Mono.just(found(client, k)))
                                .orElseGet(() -> missing(client, suites)));
    }

    private static Outcome found(ClientId client, StoredKeyPackage k) {
        return new Outcome.Found(
                new ClaimedKeyPackage(client, k.ref(), k.suite(), k.lastResort(), k.message()));
    }

    private Mono<Outcome> missing(ClientId client, List<Integer> suites) {
        return store.count(client)
                .map(left -> {
                    boolean othersLeft =
                            left.entrySet().stream()
                                    .anyMatch(
                                            e -> e.getValue() > 0 && !suites.contains(e.getKey()));
                    return new Outcome.None(
                            new MissingKeyPackage(
                                    client,
                                    othersLeft
                                            ? Code.NOTHING_COMPATIBLE
                                            : Code.KEY_PACKAGES_EXHAUSTED));
                });
    }

    private ClaimResult claimed(List<Outcome> perDevice) {
        if (perDevice.isEmpty()) {
            return new ClaimResult.UnknownClient();
        }
        var claimed = new ArrayList<ClaimedKeyPackage>();
        var missing = new ArrayList<MissingKeyPackage>();
        for (var outcome : perDevice) {
            switch (outcome) {
                case Outcome.Found(var keyPackage) -> {
                    claimed.add(keyPackage);
                    meters.counter(
                                    "lockstep.directory.keypackages.claimed",
                                    "last.resort",
                                    Boolean.toString(keyPackage.lastResort()))
                            .increment();
                }
                case Outcome.None(var none) -> {
                    missing.add(none);
                    meters.counter(
                                    "lockstep.directory.keypackages.missing",
                                    "code",
                                    none.code().wireName())
                            .increment();
                }
            }
        }
        return new ClaimResult.Claimed(claimed, missing);
    }

    @Override
    public Mono<Map<Integer, Long>> count(ClientId owner) {
        return store.count(owner);
    }
}
