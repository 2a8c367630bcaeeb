package io.lockstep.directory;

import static io.lockstep.crypto.KeyPackageMaker.NOW;
import static io.lockstep.wire.mls.MlsBytes.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.auth.memory.MemoryRevocationStore;
import io.lockstep.crypto.KeyPackageMaker;
import io.lockstep.directory.PublishResult.BodyRefused;
import io.lockstep.directory.PublishResult.Published;
import io.lockstep.directory.PublishResult.RefusedKeyPackage;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.MlsBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class CheckedDirectoryTest {
    private static final ClientId PHONE = ClientId.parse("bob/phone");
    private static final ClientId LAPTOP = ClientId.parse("bob/laptop");
    private static final ClientId ALICE = ClientId.parse("alice/phone");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Scheduler CHECKS = Schedulers.newParallel("checks", 2, true);
    private static final ClaimRequest SUITE_1 = ClaimRequest.ofSuites(List.of(1));

    private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    private final AtomicLong nanos = new AtomicLong();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MemoryKeyPackageStore store =
            new MemoryKeyPackageStore(
                    () -> NOW.plusNanos(nanos.get()), new MemoryRevocationStore());
    private final KeyPackageDirectory keyPackages = keyPackages(KeyPackageLimits.DEFAULT);

    private CheckedDirectory keyPackages(KeyPackageLimits limits) {
        return new CheckedDirectory(
                store,
                CredentialRule.BASIC_NAMES_CLIENT,
                limits,
                clock::get,
                nanos::get,
                CHECKS,
                meters);
    }

    private static TokenGrant session(ClientId client) {
        return new TokenGrant(client, Instant.MAX);
    }

    private static PublishResult publish(KeyPackageDirectory to, ClientId owner, Bytes body) {
        return to.publish(session(owner), body).blockOptional(PATIENCE).orElseThrow();
    }

    private ClaimResult claim(Optional<String> device, Integer... suites) {
        return keyPackages
                .claim(ALICE, "bob", device, ClaimRequest.ofSuites(List.of(suites)))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    @Test
    void severalAreTakenFromOneBodyWrappedAndBare() {
        var body =
                concat(
                        KeyPackageMaker.of("bob/phone").message(),
                        KeyPackageMaker.of("bob/phone", 2).bare(),
                        KeyPackageMaker.of("bob").message());

        assertThat(publish(keyPackages, PHONE, body)).isEqualTo(new Published(3, List.of()));
        assertThat(keyPackages.count(PHONE).block(PATIENCE))
                .isEqualTo(
                        Map.of(
                                KeyPackageKind.ofSuite(1),
                                new KeyPackageCount(2, false),
                                KeyPackageKind.ofSuite(2),
                                new KeyPackageCount(1, false)));
    }

    @Test
    void aBareOneIsHandedOutAsAnMlsMessage() {
        var maker = KeyPackageMaker.of("bob/phone");
        publish(keyPackages, PHONE, maker.bare());

        assertThat(claim(Optional.empty(), 1))
                .isInstanceOfSatisfying(
                        ClaimResult.DevicesClaimed.class,
                        claimed ->
                                assertThat(claimed.claimed().getFirst().message())
                                        .isEqualTo(maker.message()));
    }

    @Test
    @DisplayName("I6: what was handed out is not handed out again, but for a last resort")
    void singleUseOnesRunOutAndTheLastResortDoesNot() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").lastResort().message());

        var first = one(claim(Optional.of("phone"), 1));
        var second = one(claim(Optional.of("phone"), 1));
        var third = one(claim(Optional.of("phone"), 1));

        assertThat(first.lastResort()).isFalse();
        assertThat(second.lastResort()).isTrue();
        assertThat(third).isEqualTo(second);
        assertThat(first.ref()).isNotEqualTo(second.ref());
    }

    private static ClaimResult.ClaimedKeyPackage one(ClaimResult result) {
        return result instanceof ClaimResult.DevicesClaimed(var claimed, _)
                ? claimed.getFirst()
                : throwUnexpected(result);
    }

    private static ClaimResult.ClaimedKeyPackage throwUnexpected(ClaimResult result) {
        throw new AssertionError("not claimed: " + result);
    }

    // PROTOCOL R-CLAIM-2
    @Test
    void devicesAreAnsweredInTheOrderOfTheirNames() {
        for (var device : List.of("tv", "laptop", "phone", "Pad")) {
            var client = new ClientId("bob", device);
            publish(keyPackages, client, KeyPackageMaker.of(client.toString()).message());
        }
        assertThat(claim(Optional.empty(), 1))
                .isInstanceOfSatisfying(
                        ClaimResult.DevicesClaimed.class,
                        result ->
                                assertThat(result.claimed())
                                        .extracting(claimed -> claimed.client().device())
                                        .containsExactly("Pad", "laptop", "phone", "tv"));
    }

    // PROTOCOL R-CLAIM-4
    @Test
    void everyDeviceGivesOneAndTheOthersAreNamedWithTheReason() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        publish(keyPackages, LAPTOP, KeyPackageMaker.of("bob/laptop", 2).message());

        assertThat(claim(Optional.empty(), 1))
                .isInstanceOfSatisfying(
                        ClaimResult.DevicesClaimed.class,
                        result -> {
                            assertThat(result.claimed()).hasSize(1);
                            assertThat(result.claimed().getFirst().client()).isEqualTo(PHONE);
                            assertThat(result.missing())
                                    .containsExactly(
                                            new ClaimResult.MissingKeyPackage(
                                                    LAPTOP, Code.NOTHING_COMPATIBLE));
                        });
        assertThat(claim(Optional.of("phone"), 1))
                .isEqualTo(
                        new ClaimResult.DevicesClaimed(
                                List.of(),
                                List.of(
                                        new ClaimResult.MissingKeyPackage(
                                                PHONE, Code.KEY_PACKAGES_EXHAUSTED))));
    }

    // PROTOCOL R-CLAIM-5
    @Test
    void anUnknownUserAndAnUnknownDeviceAreUnknown() {
        assertThat(claim(Optional.empty(), 1)).isEqualTo(new ClaimResult.UnknownClient());
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        assertThat(claim(Optional.of("watch"), 1)).isEqualTo(new ClaimResult.UnknownClient());
    }

    // PROTOCOL R-KP-4
    @Test
    void aLifetimeMayEndAtItsMaximumAndNoLater() {
        long now = NOW.getEpochSecond();
        long max = KeyPackageLimits.DEFAULT.lifetimeMax().toSeconds();

        assertThat(publish(keyPackages, PHONE, lasting(now + max)))
                .isEqualTo(new Published(1, List.of()));
        assertThat(publish(keyPackages, PHONE, lasting(now + max + 1)))
                .isInstanceOfSatisfying(
                        Published.class, result -> assertThat(result.stored()).isZero());
    }

    // PROTOCOL R-KP-4
    /// bcmls writes 0 to 2^64-1. As signed numbers the end would be before the beginning.
    @Test
    void anEndlessLifetimeIsTakenWhereItIsAllowedAndOnlyThere() {
        var endless = KeyPackageMaker.of("bob/phone").lifetime(0, -1).message();

        assertThat(publish(keyPackages, PHONE, endless))
                .isInstanceOfSatisfying(
                        Published.class, result -> assertThat(result.stored()).isZero());
        var unlimited =
                keyPackages(
                        KeyPackageLimits.DEFAULT.withLifetimeMax(
                                DirectoryLimits.LIFETIME_UNLIMITED));
        assertThat(publish(unlimited, PHONE, endless)).isEqualTo(new Published(1, List.of()));
        assertThat(one(claim(Optional.empty(), 1)).message()).isEqualTo(endless);
    }

    @Test
    void anExpiryBeyondAllInstantsIsTheLastInstant() {
        assertThat(UploadChecker.expiry(-1)).isEqualTo(Instant.MAX);
        assertThat(UploadChecker.expiry(Long.MAX_VALUE)).isEqualTo(Instant.MAX);
        assertThat(UploadChecker.expiry(NOW.getEpochSecond())).isEqualTo(NOW);
    }

    private static Bytes lasting(long until) {
        return KeyPackageMaker.of("bob/phone").lifetime(NOW.getEpochSecond(), until).message();
    }

    // PROTOCOL R-KPUT-3
    @Test
    void aBodyThatIsNotKeyPackagesToItsEndStoresNothing() {
        var good = KeyPackageMaker.of("bob/phone").message();

        assertThat(publish(keyPackages, PHONE, concat(good, good.slice(0, 40))))
                .isInstanceOfSatisfying(
                        BodyRefused.class,
                        refused ->
                                assertThat(refused.refusal().code())
                                        .isEqualTo(Code.MALFORMED_MESSAGE));
        assertThat(publish(keyPackages, PHONE, Bytes.EMPTY))
                .isInstanceOfSatisfying(
                        BodyRefused.class,
                        refused ->
                                assertThat(refused.refusal().code())
                                        .isEqualTo(Code.INVALID_REQUEST));
        assertThat(keyPackages.count(PHONE).block(PATIENCE)).isEmpty();
    }

    @Test
    void theSameOneTwiceIsADuplicate() {
        var body = KeyPackageMaker.of("bob/phone").message();
        publish(keyPackages, PHONE, body);

        assertThat(publish(keyPackages, PHONE, body))
                .isEqualTo(
                        new Published(
                                0,
                                List.of(
                                        new RefusedKeyPackage(
                                                0, Refusal.of(Code.DUPLICATE_KEY_PACKAGE)))));
        assertThat(
                        meters.counter(
                                        "lockstep.directory.keypackages.refused",
                                        "code",
                                        "duplicate_key_package")
                                .count())
                .isEqualTo(1);
    }

    // PROTOCOL R-KPUT-4
    @Test
    void aReplacementWithABadOneChangesNothing() {
        var kept = KeyPackageMaker.of("bob/phone").message();
        publish(keyPackages, PHONE, kept);
        var bad =
                concat(
                        KeyPackageMaker.of("bob/phone").message(),
                        KeyPackageMaker.of("bob/phone").signatureBroken().message());
        assertThat(keyPackages.replace(session(PHONE), bad).block(PATIENCE))
                .isInstanceOfSatisfying(
                        Published.class,
                        result -> {
                            assertThat(result.stored()).isZero();
                            assertThat(result.refused()).hasSize(1);
                        });
        assertThat(one(claim(Optional.empty(), 1)).message()).isEqualTo(kept);
    }

    @Test
    void aBodyOfAnotherVersionIsKeptAsItIs() {
        var body = Bytes.ofHex("0002c0ffee");
        assertThat(keyPackages.publishOpaque(session(PHONE), 2, body).block(PATIENCE))
                .isEqualTo(new Published(1, List.of()));
        var wanted = new ClaimRequest(List.of(1), List.of(1, 2), Features.NONE);
        assertThat(
                        one(
                                keyPackages
                                        .claim(ALICE, "bob", Optional.empty(), wanted)
                                        .blockOptional(PATIENCE)
                                        .orElseThrow()))
                .isEqualTo(
                        new ClaimResult.ClaimedKeyPackage(
                                PHONE,
                                CheckedDirectory.opaqueRef(2, body),
                                KeyPackageKind.ofVersion(2),
                                false,
                                body));
    }

    /// Bug: an opaque body whose hash was a KeyPackageRef prevented the check of that KeyPackage.
    @Test
    void whatNobodyCheckedDoesNotPassForAKeyPackage() {
        var forged = KeyPackageMaker.of("bob/phone").signatureBroken();
        var refHashInput =
                concat(
                        MlsBytes.vector(MlsBytes.text("MLS 1.0 KeyPackage Reference")),
                        MlsBytes.vector(forged.bare()));
        var real = KeyPackageMaker.of("bob/phone");
        publish(keyPackages, PHONE, real.message());
        var ref = one(claim(Optional.empty(), 1)).ref();
        assertThat(
                        concat(
                                        MlsBytes.vector(
                                                MlsBytes.text("MLS 1.0 KeyPackage Reference")),
                                        MlsBytes.vector(real.bare()))
                                .sha256())
                .as("the body hashes to a KeyPackageRef")
                .isEqualTo(ref);

        assertThat(keyPackages.publishOpaque(session(PHONE), 2, refHashInput).block(PATIENCE))
                .isEqualTo(new Published(1, List.of()));
        double before = checked();
        assertThat(publish(keyPackages, PHONE, forged.message()))
                .isInstanceOfSatisfying(
                        Published.class,
                        result ->
                                assertThat(result.refused())
                                        .extracting(refused -> refused.refusal().code())
                                        .containsExactly(Code.INVALID_KEY_PACKAGE));
        assertThat(checked()).isEqualTo(before + 1);
    }

    /// Bug: they neither waited for the budget of checks nor used it.
    @Test
    void whoPublishesTooMuchThatNobodyChecksWaits() {
        int uploads = 0;
        while (publishOpaque(uploads) instanceof Published) {
            uploads++;
            assertThat(uploads).isLessThan(2_000);
        }
        assertThat(uploads).isEqualTo(1_000);
        assertThat(publish(keyPackages, LAPTOP, KeyPackageMaker.of("bob/laptop").message()))
                .as("the user's devices together")
                .isInstanceOf(PublishResult.UploadRateLimited.class);
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(publishOpaque(uploads)).isInstanceOf(Published.class);
    }

    private PublishResult publishOpaque(int number) {
        return keyPackages
                .publishOpaque(session(PHONE), 2, MlsBytes.text("body " + number))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    // PROTOCOL R-CLAIM-5
    @Test
    void theUserSaysWhoMayClaim() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        keyPackages
                .claimPolicy("bob", new ClaimPolicy(ClaimPolicy.Allow.LISTED, Set.of("carol")))
                .block(PATIENCE);
        assertThat(claim(Optional.empty(), 1)).isEqualTo(new ClaimResult.UnknownClient());
        keyPackages
                .claimPolicy("bob", new ClaimPolicy(ClaimPolicy.Allow.NOBODY, Set.of()))
                .block(PATIENCE);
        assertThat(claim(Optional.empty(), 1)).isEqualTo(new ClaimResult.UnknownClient());
        assertThat(keyPackages.claim(LAPTOP, "bob", Optional.empty(), SUITE_1).block(PATIENCE))
                .as("one's own devices always may")
                .isInstanceOf(ClaimResult.DevicesClaimed.class);
        keyPackages
                .claimPolicy("bob", new ClaimPolicy(ClaimPolicy.Allow.LISTED, Set.of("alice")))
                .block(PATIENCE);
        assertThat(claim(Optional.empty(), 1)).isInstanceOf(ClaimResult.DevicesClaimed.class);
    }

    private CheckedDirectory limited(int perRequester, int perTarget, Duration period) {
        return keyPackages(
                KeyPackageLimits.DEFAULT.withRates(
                        KeyPackageLimits.Rates.of(perRequester, perTarget, period)));
    }

    private static ClaimResult claim(KeyPackageDirectory from, String requester, String user) {
        return from.claim(ClientId.parse(requester), user, Optional.empty(), SUITE_1)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    // PROTOCOL R-CLAIM-12
    @Test
    void whoeverClaimsTooOftenWaits() {
        var limited = limited(3, 200, Duration.ofSeconds(60));
        publish(limited, PHONE, KeyPackageMaker.of("bob/phone").lastResort().message());
        for (int i = 0; i < 3; i++) {
            assertThat(claim(limited, "alice/phone", "bob"))
                    .isInstanceOf(ClaimResult.DevicesClaimed.class);
        }
        assertThat(claim(limited, "alice/laptop", "bob"))
                .as("of all her devices together")
                .isEqualTo(new ClaimResult.ClaimRateLimited(Duration.ofSeconds(20)));
        nanos.addAndGet(Duration.ofSeconds(20).toNanos());
        assertThat(claim(limited, "alice/phone", "bob"))
                .isInstanceOf(ClaimResult.DevicesClaimed.class);
        assertThat(limited.claimAll(ALICE, List.of("bob", "bob"), SUITE_1).block(PATIENCE))
                .isEqualTo(new BulkClaimResult.BulkRateLimited(Duration.ofSeconds(20)));
    }

    // PROTOCOL R-CLAIM-13 R-CLAIM-14
    /// Bug: 200 claims emptied a user, and one more each half second blocked everybody.
    @Test
    void oneRequesterLeavesSingleUseOnesForTheOthers() {
        var limited = limited(0, 40, Duration.ofMinutes(10));
        for (int i = 0; i < 60; i++) {
            publish(limited, PHONE, KeyPackageMaker.of("bob/phone").message());
        }
        int taken = 0;
        for (int i = 0; i < 50; i++) {
            if (claim(limited, "mallory/x", "bob") instanceof ClaimResult.DevicesClaimed) {
                taken++;
            }
        }
        assertThat(taken).isEqualTo(10);
        for (int other = 0; other < 5; other++) {
            for (int i = 0; i < 50; i++) {
                claim(limited, "mallory" + other + "/x", "bob");
            }
        }
        assertThat(claim(limited, "alice/phone", "bob"))
                .as("a newcomer gets one after six who were greedy")
                .isInstanceOf(ClaimResult.DevicesClaimed.class);
        assertThat(claim(limited, "bob/laptop", "bob"))
                .as("own devices are not limited by others")
                .isInstanceOf(ClaimResult.DevicesClaimed.class);
    }

    @Test
    void whoHasHadItsShareGetsTheLastResortAndNobodyWaits() {
        var limited = limited(0, 4, Duration.ofMinutes(10));
        publish(limited, PHONE, KeyPackageMaker.of("bob/phone").message());
        publish(limited, PHONE, KeyPackageMaker.of("bob/phone").message());
        publish(limited, PHONE, KeyPackageMaker.of("bob/phone").lastResort().message());

        assertThat(one(claim(limited, "alice/phone", "bob")).lastResort()).isFalse();
        assertThat(one(claim(limited, "alice/phone", "bob")).lastResort()).isTrue();
        assertThat(one(claim(limited, "carol/phone", "bob")).lastResort()).isFalse();
    }

    // PROTOCOL R-CLAIM-6
    /// Bug: it cost the caller a KeyPackage of its own.
    @Test
    void theCallerIsLeftOutOfAClaimOfItsOwnUser() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        publish(keyPackages, LAPTOP, KeyPackageMaker.of("bob/laptop").message());

        assertThat(one(claim(keyPackages, "bob/phone", "bob")).client()).isEqualTo(LAPTOP);
        assertThat(claim(keyPackages, "bob/phone", "bob"))
                .isInstanceOfSatisfying(
                        ClaimResult.DevicesClaimed.class,
                        result -> assertThat(result.claimed()).isEmpty());
        assertThat(keyPackages.count(PHONE).block(PATIENCE))
                .containsEntry(KeyPackageKind.ofSuite(1), new KeyPackageCount(1, false));
    }

    /// Bug: 10,000 names in one request revealed which of them have an account.
    @Test
    void whoNamesManyWhoGiveNothingIsToldNoMore() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").lastResort().message());
        var names = new java.util.ArrayList<String>();
        for (int i = 0; i < 3 * KeyPackageLimits.Rates.MISSES_MAX; i++) {
            names.add("guess" + i);
        }
        names.add("bob");
        var bulk =
                keyPackages.claimAll(ALICE, names, SUITE_1).blockOptional(PATIENCE).orElseThrow();
        assertThat(bulk).isInstanceOf(BulkClaimResult.UserClaims.class);
        var answers =
                ((BulkClaimResult.UserClaims) bulk)
                        .users()
                        .collectList()
                        .blockOptional(PATIENCE)
                        .orElseThrow();
        long told =
                answers.stream()
                        .filter(one -> one.result() instanceof ClaimResult.UnknownClient)
                        .count();
        assertThat(told).isBetween(500L, 532L);
        assertThat(answers.getLast().result()).isInstanceOf(ClaimResult.ClaimRateLimited.class);
        assertThat(claim(keyPackages, "carol/phone", "bob"))
                .isInstanceOf(ClaimResult.DevicesClaimed.class);
    }

    /// Bug: a duplicate cost as much as a new one.
    @Test
    void signaturesOfWhatWasPublishedBeforeAreNotCheckedAgain() {
        var one = KeyPackageMaker.of("bob/phone").message();
        publish(keyPackages, PHONE, concat(one, one));
        assertThat(checked()).isEqualTo(1);
        publish(keyPackages, PHONE, one);
        assertThat(keyPackages.replace(session(PHONE), one).block(PATIENCE))
                .isEqualTo(new Published(1, List.of()));
        assertThat(checked()).isEqualTo(1);
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        assertThat(checked()).isEqualTo(2);
    }

    private double checked() {
        return meters.counter("lockstep.directory.signatures.checked").count();
    }

    @Test
    void whoseUploadsCostTooMuchWaits() {
        var many = new Bytes[60];
        for (int i = 0; i < many.length; i++) {
            many[i] = KeyPackageMaker.of("bob/phone", 5).signatureBroken().message();
        }
        var costly = concat(many);
        int uploads = 0;
        while (publish(keyPackages, PHONE, costly) instanceof Published) {
            uploads++;
            assertThat(uploads).isLessThan(20);
        }
        // 60 of 18 units, of 10,000.
        assertThat(uploads).isEqualTo(10);
        assertThat(publish(keyPackages, LAPTOP, KeyPackageMaker.of("bob/laptop").message()))
                .as("the user's devices together")
                .isInstanceOf(PublishResult.UploadRateLimited.class);
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(publish(keyPackages, LAPTOP, KeyPackageMaker.of("bob/laptop").message()))
                .isInstanceOf(Published.class);
    }

    // PROTOCOL R-CLAIM-7
    @Test
    void manyUsersAreClaimedInOrderEachWithItsAnswer() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        keyPackages
                .claimPolicy("carol", new ClaimPolicy(ClaimPolicy.Allow.NOBODY, Set.of()))
                .block(PATIENCE);
        publish(keyPackages, ClientId.parse("carol/a"), KeyPackageMaker.of("carol/a").message());

        var bulk =
                keyPackages
                        .claimAll(ALICE, List.of("dave", "bob", "carol", "bob"), SUITE_1)
                        .blockOptional(PATIENCE)
                        .orElseThrow();
        assertThat(bulk).isInstanceOf(BulkClaimResult.UserClaims.class);
        var claims = ((BulkClaimResult.UserClaims) bulk).users().collectList().block(PATIENCE);
        assertThat(claims)
                .extracting(BulkClaimResult.UserClaim::user)
                .containsExactly("dave", "bob", "carol");
        assertThat(claims)
                .extracting(claim -> (Object) claim.result().getClass())
                .containsExactly(
                        ClaimResult.UnknownClient.class,
                        ClaimResult.DevicesClaimed.class,
                        ClaimResult.UnknownClient.class);
    }

    /// Bug: it failed, because Bucket4j does not take zero tokens.
    @Test
    void aClaimForNobodyIsAnswered() {
        assertThat(keyPackages.claimAll(ALICE, List.of(), SUITE_1).block(PATIENCE))
                .isInstanceOf(BulkClaimResult.UserClaims.class);
    }

    // PROTOCOL R-LOW-1
    @Test
    void theOwnerIsToldWhenTheMarkIsReachedAndWhenNothingIsLeft() {
        int mark = KeyPackageLimits.DEFAULT.lowMark();
        var told = new java.util.concurrent.CopyOnWriteArrayList<ClientId>();
        keyPackages.runningLow().subscribe(told::add);
        for (int i = 0; i < mark + 2; i++) {
            publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        }
        assertThat(keyPackages.low(PHONE).block(PATIENCE)).isEmpty();
        claim(Optional.empty(), 1);
        assertThat(told).isEmpty();
        claim(Optional.empty(), 1);
        assertThat(told).containsExactly(PHONE);
        assertThat(keyPackages.low(PHONE).block(PATIENCE))
                .isEqualTo(Map.of(1, new KeyPackageCount(mark, false)));
        for (int i = 0; i < mark; i++) {
            claim(Optional.empty(), 1);
        }
        assertThat(told).containsExactly(PHONE, PHONE);
        assertThat(keyPackages.low(PHONE).block(PATIENCE))
                .isEqualTo(Map.of(1, new KeyPackageCount(0, false)));
    }

    // PROTOCOL R-LOW-1 R-LOW-4
    @Test
    void theOwnerIsToldWhenItsLastResortIsUsedForTheFirstTime() {
        var told = new java.util.concurrent.CopyOnWriteArrayList<ClientId>();
        keyPackages.runningLow().subscribe(told::add);
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").lastResort().message());
        for (int i = 0; i < 3; i++) {
            claim(Optional.empty(), 1);
        }
        assertThat(told).containsExactly(PHONE);
        assertThat(keyPackages.low(PHONE).block(PATIENCE))
                .isEqualTo(Map.of(1, new KeyPackageCount(0, true, 3)));
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").lastResort().message());
        assertThat(keyPackages.low(PHONE).block(PATIENCE))
                .isEqualTo(Map.of(1, new KeyPackageCount(0, true, 0)));
        claim(Optional.empty(), 1);
        assertThat(told).containsExactly(PHONE, PHONE);
    }

    // PROTOCOL R-KP-19
    @Test
    void anInitKeyOfAnotherKeyPackageIsRefused() {
        var first = KeyPackageMaker.of("bob/phone");
        publish(keyPackages, PHONE, first.message());
        claim(Optional.empty(), 1);
        var result =
                publish(
                        keyPackages,
                        PHONE,
                        KeyPackageMaker.of("bob/phone").initKey(first.initKey()).message());
        assertThat(result)
                .isInstanceOfSatisfying(
                        PublishResult.Published.class,
                        published -> {
                            assertThat(published.stored()).isZero();
                            assertThat(published.refused())
                                    .singleElement()
                                    .satisfies(refused -> {
                                        assertThat(refused.refusal().code())
                                                .isEqualTo(Code.INVALID_KEY_PACKAGE);
                                        assertThat(refused.refusal().detail()).contains("§16.8");
                                    });
                        });
    }
}
