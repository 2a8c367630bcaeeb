package io.lockstep.directory;

import static io.lockstep.directory.KeyPackageMaker.NOW;
import static io.lockstep.directory.KeyPackageMaker.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.PublishResult.Published;
import io.lockstep.directory.PublishResult.Refused;
import io.lockstep.directory.PublishResult.RefusedKeyPackage;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CheckedKeyPackagesTest {
    private static final ClientId PHONE = ClientId.parse("bob/phone");
    private static final ClientId LAPTOP = ClientId.parse("bob/laptop");
    private static final ClientId ALICE = ClientId.parse("alice/phone");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String NOT_NAMED =
            "the credential does not name the client who publishes it";

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MemoryKeyPackageStore store = new MemoryKeyPackageStore();
    private final KeyPackages keyPackages = keyPackages(DirectoryLimits.DEFAULT);

    private CheckedKeyPackages keyPackages(DirectoryLimits limits) {
        return new CheckedKeyPackages(
                store, CredentialRule.BASIC_NAMES_CLIENT, limits, () -> NOW, meters);
    }

    private static PublishResult publish(KeyPackages to, ClientId owner, Bytes body) {
        return to.publish(owner, body).blockOptional(PATIENCE).orElseThrow();
    }

    private ClaimResult claim(Optional<String> device, Integer... suites) {
        return keyPackages
                .claim(ALICE, "bob", device, List.of(suites))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    @Test
    void severalAreTakenFromOneBodyWrappedAndBare() {
        var body =
                concat(
                        KeyPackageMaker.of("bob/phone").message(),
                        KeyPackageMaker.of("bob/phone").suite(2).bare(),
                        KeyPackageMaker.of("bob").message());

        assertThat(publish(keyPackages, PHONE, body)).isEqualTo(new Published(3, List.of()));
        assertThat(keyPackages.count(PHONE).block(PATIENCE)).isEqualTo(Map.of(1, 2L, 2, 1L));
    }

    @Test
    void aBareOneIsHandedOutAsAnMlsMessage() {
        var maker = KeyPackageMaker.of("bob/phone");
        publish(keyPackages, PHONE, maker.bare());

        assertThat(claim(Optional.empty(), 1))
                .isInstanceOfSatisfying(
                        ClaimResult.Claimed.class,
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
        return result instanceof ClaimResult.Claimed(var claimed, _)
                ? claimed.getFirst()
                : throwUnexpected(result);
    }

    private static ClaimResult.ClaimedKeyPackage throwUnexpected(ClaimResult result) {
        throw new AssertionError("not claimed: " + result);
    }

    @Test
    void everyDeviceGivesOneAndTheOthersAreNamedWithTheReason() {
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        publish(keyPackages, LAPTOP, KeyPackageMaker.of("bob/laptop").suite(2).message());

        assertThat(claim(Optional.empty(), 1))
                .isInstanceOfSatisfying(
                        ClaimResult.Claimed.class,
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
                        new ClaimResult.Claimed(
                                List.of(),
                                List.of(
                                        new ClaimResult.MissingKeyPackage(
                                                PHONE, Code.KEY_PACKAGES_EXHAUSTED))));
    }

    @Test
    void anUnknownUserAndAnUnknownDeviceAreUnknown() {
        assertThat(claim(Optional.empty(), 1)).isEqualTo(new ClaimResult.UnknownClient());
        publish(keyPackages, PHONE, KeyPackageMaker.of("bob/phone").message());
        assertThat(claim(Optional.of("watch"), 1)).isEqualTo(new ClaimResult.UnknownClient());
    }

    /// RFC 9420 §10.1 and §7.3, each rule broken by itself; the good one between them is stored.
    @Test
    void eachBrokenRuleIsNamedAndTheRestIsStored() {
        long now = NOW.getEpochSecond();
        var body =
                concat(
                        KeyPackageMaker.of("bob/phone").oneKeyForBoth().message(),
                        KeyPackageMaker.of("bob/phone").updateSource().message(),
                        KeyPackageMaker.of("bob/phone").message(),
                        KeyPackageMaker.of("bob/laptop").message(),
                        KeyPackageMaker.of("mallory").message(),
                        KeyPackageMaker.of("bob/phone").x509().message(),
                        KeyPackageMaker.of("bob/phone").lifetime(now + 1, now + 9).message(),
                        KeyPackageMaker.of("bob/phone").lifetime(now - 9, now - 1).message());

        assertThat(publish(keyPackages, PHONE, body))
                .isInstanceOfSatisfying(
                        Published.class,
                        result -> {
                            assertThat(result.stored()).isEqualTo(1);
                            assertThat(result.refused())
                                    .extracting(RefusedKeyPackage::index)
                                    .containsExactly(0, 1, 3, 4, 5, 6, 7);
                            assertThat(result.refused())
                                    .allMatch(r -> r.code() == Code.INVALID_KEY_PACKAGE);
                            assertThat(result.refused())
                                    .extracting(RefusedKeyPackage::detail)
                                    .containsExactly(
                                            "init_key and encryption_key are the same",
                                            "the LeafNode was not made for a KeyPackage",
                                            NOT_NAMED,
                                            NOT_NAMED,
                                            NOT_NAMED,
                                            "the lifetime begins in the future",
                                            "the lifetime is over");
                        });
    }

    @Test
    void aLifetimeMayEndAtItsMaximumAndNoLater() {
        long now = NOW.getEpochSecond();
        long max = DirectoryLimits.DEFAULT.lifetimeMax().toSeconds();

        assertThat(publish(keyPackages, PHONE, lasting(now + max)))
                .isEqualTo(new Published(1, List.of()));
        assertThat(publish(keyPackages, PHONE, lasting(now + max + 1)))
                .isInstanceOfSatisfying(
                        Published.class, result -> assertThat(result.stored()).isZero());
    }

    /// bcmls writes 0 to 2^64-1: as signed numbers the end would lie before the beginning.
    @Test
    void anEndlessLifetimeIsTakenWhereItIsAllowedAndOnlyThere() {
        var endless = KeyPackageMaker.of("bob/phone").lifetime(0, -1).message();

        assertThat(publish(keyPackages, PHONE, endless))
                .isInstanceOfSatisfying(
                        Published.class, result -> assertThat(result.stored()).isZero());
        var unlimited =
                keyPackages(
                        DirectoryLimits.DEFAULT.withLifetimeMax(
                                DirectoryLimits.LIFETIME_UNLIMITED));
        assertThat(publish(unlimited, PHONE, endless)).isEqualTo(new Published(1, List.of()));
        assertThat(one(claim(Optional.empty(), 1)).message()).isEqualTo(endless);
    }

    @Test
    void anExpiryBeyondAllInstantsIsTheLastInstant() {
        assertThat(CheckedKeyPackages.expiry(-1)).isEqualTo(Instant.MAX);
        assertThat(CheckedKeyPackages.expiry(Long.MAX_VALUE)).isEqualTo(Instant.MAX);
        assertThat(CheckedKeyPackages.expiry(NOW.getEpochSecond())).isEqualTo(NOW);
    }

    private static Bytes lasting(long until) {
        return KeyPackageMaker.of("bob/phone").lifetime(NOW.getEpochSecond(), until).message();
    }

    @Test
    void aBodyThatIsNotKeyPackagesToItsEndStoresNothing() {
        var good = KeyPackageMaker.of("bob/phone").message();

        assertThat(publish(keyPackages, PHONE, concat(good, good.slice(0, 40))))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Code.MALFORMED_MESSAGE));
        assertThat(publish(keyPackages, PHONE, Bytes.EMPTY))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Code.INVALID_REQUEST));
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
                                                0,
                                                Code.DUPLICATE_KEY_PACKAGE,
                                                Code.DUPLICATE_KEY_PACKAGE.meaning()))));
        assertThat(
                        meters.counter(
                                        "lockstep.directory.keypackages.refused",
                                        "code",
                                        "duplicate_key_package")
                                .count())
                .isEqualTo(1);
    }
}
