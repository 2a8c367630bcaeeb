package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.redis.RedisServerCheck.Severity;
import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.SettingsInput;
import io.lockstep.server.config.SettingsReader;
import io.lockstep.server.config.SettingsResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartupChecksTest {
    @TempDir private Path folder;

    static ServerSettings settings(Map<String, String> texts) {
        var input = new SettingsInput(texts, Optional.empty(), Map.of(), List.of());
        return switch (SettingsReader.read(ServerSettings.class, input)) {
            case SettingsResult.Valid<ServerSettings>(var settings, _) -> settings;
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    throw new AssertionError("" + problems);
        };
    }

    /// Settings with which serve would start, except for the store.
    private Map<String, String> good() {
        try {
            var keys = new JWKSet(new ECKeyGenerator(Curve.P_256).keyID("1").generate());
            Files.writeString(folder.resolve("jwks.json"), keys.toString());
            Files.writeString(folder.resolve("deployment.key"), "5a".repeat(32) + "\n");
        } catch (IOException | JOSEException e) {
            throw new AssertionError(e);
        }
        var texts = new HashMap<String, String>();
        texts.put("auth.mode", "jwt");
        texts.put("auth.jwt.keys", folder.resolve("jwks.json").toString());
        texts.put("auth.jwt.issuer", "https://issuer.test/");
        texts.put("auth.jwt.audience", "lockstep");
        var tls = TestCertificate.write(folder, "first", "first.test");
        texts.put("tls.certificate", tls.certificate().toString());
        texts.put("tls.key", tls.key().toString());
        texts.put("deployment-key-file", folder.resolve("deployment.key").toString());
        texts.put("redis.uri", "redis://127.0.0.1:6379");
        return texts;
    }

    private static List<String> reasons(Map<String, String> texts) {
        return StartupChecks.check(settings(texts), Clock.systemUTC()).reasons();
    }

    private void expectOnly(String key, String text, String reason) {
        var texts = good();
        texts.put(key, text);
        assertThat(reasons(texts)).singleElement().asString().contains(reason);
    }

    private void expectOnlyWithout(String key, String reason) {
        var texts = good();
        texts.remove(key);
        assertThat(reasons(texts)).singleElement().asString().contains(reason);
    }

    @Test
    void goodSettingsAreNotRefused() {
        assertThat(reasons(good())).isEmpty();
    }

    @Test
    void emptySettingsAreRefusedForEveryReasonAtOnce() {
        assertThat(reasons(Map.of()))
                .satisfiesExactlyInAnyOrder(
                        reason -> assertThat(reason).contains("auth.mode is none"),
                        reason -> assertThat(reason).contains("there is no TLS"),
                        reason -> assertThat(reason).contains("deployment-key-file is not set"),
                        reason -> assertThat(reason).contains("redis.uri is not set"));
    }

    @Test
    void developmentTokensAreRefused() {
        expectOnly("auth.mode", "dev", "lockstep dev only");
    }

    @Test
    void jwtWithoutIssuerAudienceOrKeysIsRefused() {
        expectOnlyWithout("auth.jwt.issuer", "auth.jwt.issuer is not set");
        expectOnlyWithout("auth.jwt.audience", "auth.jwt.audience is not set");
        expectOnlyWithout("auth.jwt.keys", "auth.jwt.keys is not set");
    }

    @Test
    void aKeySetOverPlainHttpOrMissingIsRefused() {
        expectOnly("auth.jwt.keys", "http://issuer.test/jwks", "auth.jwt");
        expectOnly("auth.jwt.keys", folder.resolve("none.json").toString(), "auth.jwt");
    }

    @Test
    void noTlsIsRefusedUnlessAProxyEndsIt() {
        var texts = good();
        texts.remove("tls.certificate");
        texts.remove("tls.key");
        assertThat(reasons(texts)).singleElement().asString().contains("there is no TLS");
        texts.put("listen.behind-proxy", "true");
        assertThat(reasons(texts)).isEmpty();
    }

    @Test
    void anInvalidCertificateOrTheKeyOfAnotherIsRefused() {
        expectOnly("tls.certificate", folder.resolve("none.crt").toString(), "tls.certificate");
        var other = TestCertificate.write(folder, "other", "other.test");
        expectOnly("tls.key", other.key().toString(), "tls.key");
        expectOnly("tls.certificate", other.key().toString(), "tls.certificate");
    }

    @Test
    void aMissingOrBrokenDeploymentKeyIsRefusedAndNotQuoted() throws IOException {
        expectOnly("deployment-key-file", folder.resolve("none.key").toString(), "cannot be read");
        var broken = Files.writeString(folder.resolve("broken.key"), "5a5a5a");
        var texts = good();
        texts.put("deployment-key-file", broken.toString());
        assertThat(reasons(texts))
                .singleElement()
                .asString()
                .contains("does not hold 64 hexadecimal digits")
                .doesNotContain("5a5a5a");
    }

    @Test
    void limitsThatContradictEachOtherAreRefused() {
        expectOnly("limits.frame-bytes-max", "64KiB", "do not hold a commit");
        expectOnly("limits.stop-timeout", "0s", "limits.stop-timeout is more than 0");
    }

    private static final Finding EVERYSEC =
            new Finding(Severity.FATAL, "appendfsync", "appendfsync is everysec, not always");
    private static final Finding EVICTING =
            new Finding(Severity.FATAL, "maxmemory-policy", "maxmemory-policy is allkeys-lru");
    private static final Finding REPLICA = new Finding(Severity.FATAL, "role", "role slave");
    private static final Finding FINE = new Finding(Severity.OK, "appendonly", "appendonly yes");

    @Test
    void aWeakRedisIsRefusedForEachWeaknessWithTheNameToAcceptIt() {
        assertThat(StoreFactory.refusals(List.of(EVERYSEC, FINE, EVICTING), List.of()))
                .satisfiesExactly(
                        reason ->
                                assertThat(reason)
                                        .contains("everysec", "weaker-accepted appendfsync"),
                        reason ->
                                assertThat(reason)
                                        .contains("allkeys-lru", "accepted maxmemory-policy"));
    }

    @Test
    void aWeaknessIsAcceptedByItsNameOnly() {
        assertThat(StoreFactory.refusals(List.of(EVERYSEC, EVICTING), List.of("appendfsync")))
                .singleElement()
                .asString()
                .contains("allkeys-lru");
        assertThat(StoreFactory.refusals(List.of(REPLICA), List.of("role")))
                .as("a replica cannot be accepted: it takes no appends")
                .singleElement()
                .asString()
                .doesNotContain("weaker-accepted");
    }
}
