package io.lockstep.directory;

import static io.lockstep.crypto.KeyPackageMaker.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.crypto.KeyPackageMaker;
import io.lockstep.crypto.SuiteKeys;
import io.lockstep.directory.PublishResult.BodyRefused;
import io.lockstep.directory.PublishResult.Published;
import io.lockstep.directory.PublishResult.RefusedKeyPackage;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.DelimitedKeyPackage;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.mls.MlsMessageReader;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// RFC 9420 §10.1 and §7.3: correctly signed KeyPackages that violate exactly one rule.
final class KeyPackageRulesTest {
    private static final ClientId PHONE = ClientId.parse("bob/phone");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Scheduler CHECKS = Schedulers.newParallel("checks", 2, true);
    private static final long SECOND = NOW.getEpochSecond();

    private final KeyPackageDirectory keyPackages =
            new CheckedDirectory(
                    new MemoryKeyPackageStore(),
                    CredentialRule.BASIC_NAMES_CLIENT,
                    KeyPackageLimits.DEFAULT,
                    () -> NOW,
                    CHECKS,
                    new SimpleMeterRegistry());

    @AfterAll
    static void stop() {
        CHECKS.dispose();
    }

    private PublishResult publish(Bytes body) {
        return keyPackages
                .publish(new TokenGrant(PHONE, Instant.MAX), body)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private static KeyPackageMaker good(int suite) {
        return KeyPackageMaker.of("bob/phone", suite);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    @DisplayName("§10.1: one that keeps every rule is taken, of every suite")
    void aGoodOneIsTaken(int suite) {
        assertThat(publish(good(suite).message())).isEqualTo(new Published(1, List.of()));
    }

    /// Bug: a clock that was a second ahead refused a client, and so did a suite that is not listed
    /// (ADR 17).
    @Test
    @DisplayName(
            "§7.2: a lifetime may begin up to five minutes from now, and no rule wants the suite listed")
    void whatNoRuleForbidsIsTaken() {
        assertThat(publish(good(1).lifetime(SECOND + 300, SECOND + 900).message()))
                .isEqualTo(new Published(1, List.of()));
        assertThat(publish(good(7).suitesListed("0008").message()))
                .isEqualTo(new Published(1, List.of()));
    }

    static Stream<Arguments> brokenRules() {
        return Stream.of(
                rule("§10.1 init_key ≠ encryption_key", "the same", k -> k.oneKeyForBoth()),
                rule("§7.3 leaf_node_source", "not made for a KeyPackage", k -> k.updateSource()),
                rule(
                        "§7.2 not_before",
                        "in the future",
                        k -> k.lifetime(SECOND + 301, SECOND + 900)),
                rule("§7.2 not_after", "is over", k -> k.lifetime(SECOND - 9, SECOND - 1)),
                rule(
                        "§7.2 longest lifetime",
                        "days",
                        k -> k.lifetime(0, SECOND + 100 * 86_400 + 1)),
                rule("§5.3.1 credential", "does not name the client", k -> k.x509()),
                rule("§7.3 versions", "version", k -> k.versionsListed("0002")),
                rule("§7.3 credentials", "credential's type", k -> k.credentialsListed("0002")),
                rule("§7.3 extensions", "extension", k -> k.leafExtension("f00100")),
                rule(
                        "§13.4 leaf extensions once",
                        "LeafNode has two",
                        k -> k.extensionsListed("f001").leafExtension("f00100" + "f00100")),
                rule(
                        "§13.4 KeyPackage extensions once",
                        "KeyPackage has two",
                        k -> k.ownExtension("000a00" + "000a00")),
                rule("§7.3 leaf signature", "LeafNode's signature", k -> k.leafSignatureBroken()),
                rule(
                        "§10.1 KeyPackage signature",
                        "KeyPackage's signature",
                        k -> k.signatureBroken()),
                rule(
                        "§7.3 signed by another key",
                        "signature does not hold",
                        k -> k.signedBy(SuiteKeys.newSigner(1))),
                rule("§5.1.1 init_key", "init_key is no", k -> k.initKey(k.initKey().slice(0, 31))),
                rule("§5.1.1 no init_key", "init_key is no", k -> k.initKey(Bytes.EMPTY)),
                rule(
                        "§5.1.1 encryption_key",
                        "encryption_key is no",
                        k -> k.encryptionKey(Bytes.ofHex("04"))),
                rule(
                        "§5.1.1 signature_key",
                        "signature_key is no",
                        k -> k.signatureKey(Bytes.ofHex("00".repeat(33)))));
    }

    private static Arguments rule(
            String name, String detail, UnaryOperator<KeyPackageMaker> broken) {
        return Arguments.of(name, detail, broken);
    }

    // PROTOCOL R-KP-2 R-KP-3 R-KP-4 R-KP-5 R-KP-6 R-KP-7
    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenRules")
    @DisplayName(
            "§10.1, §7.3: one that breaks a rule is refused for it, the good one beside it is taken")
    void aBrokenRuleIsNamed(String name, String detail, UnaryOperator<KeyPackageMaker> broken) {
        var body = MlsBytes.concat(good(1).message(), broken.apply(good(1)).message());
        assertRefused(publish(body), Code.INVALID_KEY_PACKAGE, detail);
    }

    // PROTOCOL R-KP-5
    @ParameterizedTest
    @CsvSource({"2", "5", "7"})
    @DisplayName("§5.1.1: points off the curve are no keys")
    void pointsOffTheCurve(int suite) {
        var off = good(suite).initKey().toArray();
        off[off.length - 1] ^= 1;
        var body =
                MlsBytes.concat(
                        good(suite).message(), good(suite).initKey(Bytes.wrap(off)).message());
        assertRefused(publish(body), Code.INVALID_KEY_PACKAGE, "init_key is no");
        var signatureKey = SuiteKeys.signatureKey(suite, SuiteKeys.signer(suite)).toArray();
        signatureKey[signatureKey.length - 1] ^= 1;
        assertRefused(
                publish(
                        MlsBytes.concat(
                                good(suite).message(),
                                good(suite).signatureKey(Bytes.wrap(signatureKey)).message())),
                Code.INVALID_KEY_PACKAGE,
                "signature does not hold");
    }

    // PROTOCOL R-KP-2
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6, 7})
    @DisplayName("§10.1, §7.3: both signatures are checked in every suite")
    void bothSignaturesOfEverySuite(int suite) {
        assertRefused(
                publish(
                        MlsBytes.concat(
                                good(suite).message(), good(suite).signatureBroken().message())),
                Code.INVALID_KEY_PACKAGE,
                "KeyPackage's signature");
        assertRefused(
                publish(
                        MlsBytes.concat(
                                good(suite).message(),
                                good(suite).leafSignatureBroken().message())),
                Code.INVALID_KEY_PACKAGE,
                "LeafNode's signature");
    }

    // PROTOCOL R-KP-1
    @Test
    @DisplayName("§10.1: of an unknown suite only that one is refused")
    void anUnknownSuite() {
        assertRefused(
                publish(MlsBytes.concat(good(1).message(), good(0x0a0a).bare())),
                Code.UNSUPPORTED_CIPHER_SUITE,
                "0a0a");
    }

    // PROTOCOL R-KP-1
    @Test
    @DisplayName("§10.1: another version cannot be cut, and refuses the whole body")
    void anotherVersion() {
        var other = good(1).bare().toArray();
        other[1] = 2;
        assertThat(publish(MlsBytes.concat(good(1).message(), Bytes.wrap(other))))
                .isInstanceOfSatisfying(
                        BodyRefused.class,
                        refused ->
                                assertThat(refused.refusal().code())
                                        .isEqualTo(Code.UNSUPPORTED_VERSION));
    }

    // PROTOCOL R-KP-9 R-KPUT-2
    @Test
    void oneTooLongIsRefusedAlone() {
        int room = KeyPackageLimits.DEFAULT.bytesMax();
        var long_ = good(1).ownExtension("f001" + "80010000" + "00".repeat(room)).message();
        assertRefused(
                publish(MlsBytes.concat(good(1).message(), long_)),
                Code.MESSAGE_TOO_LARGE,
                "at most");
    }

    // PROTOCOL R-KP-7
    @Test
    @DisplayName("§7.2: default extensions need no listing; listed others may be used")
    void extensionsThatMayBeUsed() {
        assertThat(
                        publish(
                                MlsBytes.concat(
                                        good(1).leafExtension("000100").message(),
                                        good(1).extensionsListed("0a0af001")
                                                .leafExtension("f00100")
                                                .message())))
                .isEqualTo(new Published(2, List.of()));
    }

    // PROTOCOL R-KPUT-1
    @Test
    void aLargeUploadIsCheckedByManyThreadsAndAnsweredInOrder() {
        var all =
                IntStream.range(0, 200)
                        .mapToObj(i -> i % 7 == 3 ? good(1).signatureBroken() : good(1))
                        .map(KeyPackageMaker::message)
                        .toArray(Bytes[]::new);
        assertThat(publish(MlsBytes.concat(all)))
                .isInstanceOfSatisfying(
                        Published.class,
                        published ->
                                assertThat(published.refused())
                                        .extracting(RefusedKeyPackage::index)
                                        .containsExactlyElementsOf(
                                                IntStream.range(0, 200)
                                                        .filter(i -> i % 7 == 3)
                                                        .boxed()
                                                        .toList()));
    }

    /// The first of two is valid, the second is refused.
    private static void assertRefused(PublishResult result, Code code, String detail) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        Published.class,
                        published -> {
                            assertThat(published.stored()).isEqualTo(1);
                            assertThat(published.refused()).hasSize(1);
                            var refused = published.refused().getFirst();
                            assertThat(refused.index()).isEqualTo(1);
                            assertThat(refused.refusal().code()).isEqualTo(code);
                            assertThat(refused.refusal().detail()).contains(detail);
                        });
    }

    /// Regression: a development server took lifetimes that production refuses, and logged nothing.
    @Test
    void aLifetimeThatOtherServersRefuseIsReportedWhereAnyIsTaken() throws Exception {
        var endless = parsed(good(1).lifetime(0, -1));
        assertThat(
                        KeyPackageRule.usualLifetime(DirectoryLimits.LIFETIME_UNLIMITED)
                                .violation(endless, PHONE, NOW))
                .contains("the lifetime ends more than 100 days from now");
        assertThat(
                        KeyPackageRule.usualLifetime(DirectoryLimits.LIFETIME_UNLIMITED)
                                .violation(parsed(good(1)), PHONE, NOW))
                .isEmpty();
        assertThat(
                        KeyPackageRule.usualLifetime(Duration.ofDays(400))
                                .violation(endless, PHONE, NOW))
                .isEmpty();
    }

    private static KeyPackage parsed(KeyPackageMaker maker) throws Exception {
        return ((DelimitedKeyPackage.Supported)
                        MlsMessageReader.cutKeyPackages(maker.message(), 1).getFirst())
                .keyPackage();
    }
}
