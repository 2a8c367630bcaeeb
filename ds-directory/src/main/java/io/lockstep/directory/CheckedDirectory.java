package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.directory.PublishResult.RefusedKeyPackage;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RefusalException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// The [KeyPackageDirectory] of the service. It parses and checks each KeyPackage before it stores
/// it, and hands each out once (I6).
public final class CheckedDirectory implements KeyPackageDirectory {
    /// How long a KeyPackage is kept whose lifetime cannot be read.
    private static final Duration OPAQUE_LIFETIME_MAX = Duration.ofDays(100);

    private static final byte[] OPAQUE_LABEL =
            "lockstep.v1 opaque key package".getBytes(StandardCharsets.US_ASCII);

    private static final Refusal INIT_KEY_REUSED =
            new Refusal(
                    Code.INVALID_KEY_PACKAGE,
                    "init_key is that of another KeyPackage of this client (RFC 9420 §16.8)");

    private final KeyPackageStore store;
    private final UploadChecker checks;
    private final ClaimService claims;
    private final KeyPackageLimits limits;
    private final InstantSource clock;
    private final MeterRegistry meters;

    /// @param threads scheduler on which KeyPackages are parsed and their signatures checked
    public CheckedDirectory(
            KeyPackageStore store,
            CredentialRule credentials,
            KeyPackageLimits limits,
            InstantSource clock,
            Scheduler threads,
            MeterRegistry meters) {
        this(store, credentials, limits, clock, System::nanoTime, threads, meters);
    }

    /// @param nanos a monotonic clock, for rates
    CheckedDirectory(
            KeyPackageStore store,
            CredentialRule credentials,
            KeyPackageLimits limits,
            InstantSource clock,
            LongSupplier nanos,
            Scheduler threads,
            MeterRegistry meters) {
        this.store = store;
        this.checks =
                new UploadChecker(limits, credentials, store::chargeUpload, threads, nanos, meters);
        this.claims = new ClaimService(store, limits, nanos, meters);
        this.limits = limits;
        this.clock = clock;
        this.meters = meters;
    }

    @Override
    public Mono<PublishResult> publish(TokenGrant owner, Bytes body) {
        return publish(owner, body, false);
    }

    @Override
    public Mono<PublishResult> replace(TokenGrant owner, Bytes body) {
        return publish(owner, body, true);
    }

    private Mono<PublishResult> publish(TokenGrant owner, Bytes body, boolean replace) {
        return unlessLimited(
                owner.client().user(), Mono.defer(() -> checkAndStore(owner, body, replace)));
    }

    private Mono<PublishResult> unlessLimited(String user, Mono<PublishResult> upload) {
        return checks.mustWait(user)
                .flatMap(wait ->
                        wait.isZero()
                                ? upload
                                : Mono.just(new PublishResult.UploadRateLimited(wait)));
    }

    private Mono<PublishResult> checkAndStore(TokenGrant owner, Bytes body, boolean replace) {
        return checks.check(
                        owner.client(),
                        body,
                        clock.instant(),
                        refs -> store.owners(refs).map(Map::keySet))
                .flatMap(outcomes -> store(owner, Upload.of(outcomes), replace))
                .onErrorResume(RefusalException.class, e -> Mono.just(refused(e.refusal())));
    }

    /// One upload after the checks.
    ///
    /// @param indexes index in the body of each of the offers
    private record Upload(
            List<OfferedKeyPackage> offers,
            List<Integer> indexes,
            List<RefusedKeyPackage> refused) {
        static Upload of(List<UploadChecker.KeyPackageResult> outcomes) {
            var upload = new Upload(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int i = 0; i < outcomes.size(); i++) {
                switch (outcomes.get(i)) {
                    case UploadChecker.KeyPackageResult.Good(var offer) -> {
                        upload.offers.add(offer);
                        upload.indexes.add(i);
                    }
                    case UploadChecker.KeyPackageResult.Unverified _ ->
                            throw new IllegalStateException("all were checked");
                    case UploadChecker.KeyPackageResult.Bad(var refusal) ->
                            upload.refused.add(new RefusedKeyPackage(i, refusal));
                }
            }
            return upload;
        }
    }

    private Mono<PublishResult> store(TokenGrant owner, Upload upload, boolean replace) {
        if (upload.offers.isEmpty() || (replace && !upload.refused.isEmpty())) {
            return Mono.fromSupplier(() -> published(upload, List.of()));
        }
        if (replace && !PublishRequest.isOneStep(upload.offers)) {
            return Mono.just(
                    refused(
                            Code.MESSAGE_TOO_LARGE,
                            "at most %d KeyPackages of %d bytes in total can replace others"
                                    .formatted(
                                            KeyPackageStore.REPLACE_COUNT_MAX,
                                            KeyPackageStore.SCRIPT_BYTES_MAX)));
        }
        return store.publish(
                        new PublishRequest(owner, upload.offers, replace, limits.perSuiteMax()))
                .map(outcomes -> published(upload, outcomes));
    }

    private PublishResult published(Upload upload, List<KeyPackageStore.PublishStatus> outcomes) {
        int stored = 0;
        var refused = new ArrayList<>(upload.refused);
        for (int i = 0; i < outcomes.size(); i++) {
            int index = upload.indexes.get(i);
            switch (outcomes.get(i)) {
                case STORED -> stored++;
                case DUPLICATE -> refused.add(refusal(index, Code.DUPLICATE_KEY_PACKAGE));
                case TOO_MANY -> refused.add(refusal(index, Code.TOO_MANY_KEY_PACKAGES));
                case INIT_KEY_REUSED -> refused.add(new RefusedKeyPackage(index, INIT_KEY_REUSED));
            }
        }
        refused.sort((a, b) -> Integer.compare(a.index(), b.index()));
        meters.counter("lockstep.directory.keypackages.stored").increment(stored);
        for (var each : refused) {
            countRefused(each.refusal().code());
        }
        return new PublishResult.Published(stored, refused);
    }

    private PublishResult refused(Code code, String detail) {
        return refused(new Refusal(code, detail));
    }

    private PublishResult refused(Refusal refusal) {
        countRefused(refusal.code());
        return new PublishResult.BodyRefused(refusal);
    }

    private void countRefused(Code code) {
        meters.counter("lockstep.directory.keypackages.refused", "code", code.wireName())
                .increment();
    }

    private static RefusedKeyPackage refusal(int index, Code code) {
        return new RefusedKeyPackage(index, Refusal.of(code));
    }

    @Override
    public Mono<PublishResult> publishOpaque(TokenGrant owner, int version, Bytes body) {
        if (body.isEmpty() || body.size() > limits.bytesMax()) {
            var code = body.isEmpty() ? Code.INVALID_REQUEST : Code.MESSAGE_TOO_LARGE;
            return Mono.just(
                    refused(code, "a KeyPackage has 1 to " + limits.bytesMax() + " bytes"));
        }
        var user = owner.client().user();
        var stored = Mono.defer(() -> storeOpaque(owner, version, body));
        return unlessLimited(user, checks.countOpaque(user).then(stored));
    }

    private Mono<PublishResult> storeOpaque(TokenGrant owner, int version, Bytes body) {
        var now = clock.instant();
        var lifetime =
                limits.lifetimeMax().compareTo(OPAQUE_LIFETIME_MAX) < 0
                        ? limits.lifetimeMax()
                        : OPAQUE_LIFETIME_MAX;
        var keyPackage =
                new StoredKeyPackage(
                        owner.client(),
                        opaqueRef(version, body),
                        KeyPackageKind.ofVersion(version),
                        false,
                        now.plus(lifetime),
                        body);
        var upload =
                Upload.of(
                        List.of(
                                new UploadChecker.KeyPackageResult.Good(
                                        new OfferedKeyPackage(keyPackage, Features.NONE))));
        return store(owner, upload, false);
    }

    /// Hashes a label before the body. No KeyPackageRef has that label, so an unchecked body never
    /// has the ref of a checked one.
    ///
    /// `SHA-256("lockstep.v1 opaque key package" ‖ u16 version ‖ body)`
    static Bytes opaqueRef(int version, Bytes body) {
        var digest = Bytes.newSha256();
        digest.update(OPAQUE_LABEL);
        digest.update((byte) (version >> 8));
        digest.update((byte) version);
        body.update(digest);
        return Bytes.wrap(digest.digest());
    }

    @Override
    public Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, ClaimRequest request) {
        return claims.claim(requester, user, device, request);
    }

    @Override
    public Mono<BulkClaimResult> claimAll(
            ClientId requester, Collection<String> users, ClaimRequest request) {
        return claims.claimAll(requester, users, request);
    }

    @Override
    public Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner) {
        return store.count(owner);
    }

    @Override
    public Mono<Long> delete(ClientId owner, DeletionScope which) {
        return store.delete(owner, which);
    }

    @Override
    public Mono<ClaimPolicy> claimPolicy(String user) {
        return store.claimPolicy(user);
    }

    @Override
    public Mono<Void> claimPolicy(String user, ClaimPolicy policy) {
        return store.claimPolicy(user, policy);
    }

    @Override
    public Mono<Map<Integer, KeyPackageCount>> low(ClientId owner) {
        return count(owner)
                .map(all -> {
                    Map<Integer, KeyPackageCount> low = new TreeMap<>();
                    all.forEach((kind, left) -> {
                        boolean isLow =
                                left.singleUse() <= limits.lowMark() || left.lastResortClaims() > 0;
                        if (!kind.isOpaque() && isLow) {
                            low.put(kind.suite(), left);
                        }
                    });
                    return low;
                });
    }

    @Override
    public Flux<ClientId> runningLow() {
        return store.low();
    }
}
