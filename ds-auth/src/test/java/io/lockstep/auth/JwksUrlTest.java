package io.lockstep.auth;

import static io.lockstep.auth.TestIssuer.AUDIENCE;
import static io.lockstep.auth.TestIssuer.ISSUER;
import static io.lockstep.auth.TestIssuer.NOW;
import static io.lockstep.auth.TestIssuer.claims;
import static io.lockstep.auth.TestIssuer.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Date;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

final class JwksUrlTest {
    private final MutableClock clock = new MutableClock(NOW);
    private final AtomicInteger fetches = new AtomicInteger();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile boolean stopsAfterTenBytes;
    private volatile int status = 200;
    private volatile String keySet = "{\"keys\":[]}";
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer provider = newProvider();
    private final JwtAuthenticator authenticator =
            JwtAuthenticator.ofUrl(
                    URI.create("http://127.0.0.1:" + provider.getAddress().getPort() + "/jwks"),
                    JwtRules.of(ISSUER, AUDIENCE),
                    clock,
                    clock::nanos);

    private static HttpServer newProvider() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void serve() {
        provider.createContext(
                "/jwks",
                exchange -> {
                    fetches.incrementAndGet();
                    var body = keySet.getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(status, body.length);
                    if (stopsAfterTenBytes) {
                        exchange.getResponseBody().write(body, 0, 10);
                        exchange.getResponseBody().flush();
                        untilTheEnd();
                    }
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        provider.setExecutor(threads);
        provider.start();
    }

    private void untilTheEnd() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        end.countDown();
        threads.shutdown();
        provider.stop(0);
    }

    private static ECKey newKey(String id) throws Exception {
        return TestIssuer.ecKey(Curve.P_256, id);
    }

    @Test
    void keysAreFetchedOnceAndKept() throws Exception {
        var key = newKey("k1");
        keySet = TestIssuer.keySet(key.toPublicJWK());
        for (int i = 0; i < 3; i++) {
            assertThat(authenticator.authenticate(token(key, claims())).block()).isNotNull();
        }
        assertThat(fetches).hasValue(1);
    }

    @Test
    void anUnknownKeyMakesUsLookAgainButNotEachTime() throws Exception {
        var key = newKey("k1");
        var next = newKey("k2");
        keySet = TestIssuer.keySet(key.toPublicJWK());
        assertThat(authenticator.authenticate(token(key, claims())).block()).isNotNull();
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> authenticator.authenticate(token(next, claims())).block())
                    .isInstanceOf(AuthenticationUnavailableException.class);
        }
        assertThat(fetches).hasValue(1);

        keySet = TestIssuer.keySet(next.toPublicJWK());
        clock.pass(KeyCache.Pace.URL.unknownKey());
        assertThat(authenticator.authenticate(token(next, claims())).block()).isNotNull();
        assertThat(fetches).hasValue(2);
    }

    @Test
    void aKeyThatWasWithdrawnStopsHoldingWhenTheKeysAreOld() throws Exception {
        var key = newKey("k1");
        keySet = TestIssuer.keySet(key.toPublicJWK());
        var token = token(key, claims());
        assertThat(authenticator.authenticate(token).block()).isNotNull();
        keySet = TestIssuer.keySet(newKey("k2").toPublicJWK());
        clock.pass(KeyCache.Pace.URL.age().plus(Duration.ofSeconds(1)));
        assertThatThrownBy(() -> authenticator.authenticate(token).block())
                .isInstanceOf(AuthenticationException.class);
    }

    @Test
    void theKeysAtHandStayWhileTheProviderFails() throws Exception {
        var key = newKey("k1");
        keySet = TestIssuer.keySet(key.toPublicJWK());
        var token = token(key, claims());
        assertThat(authenticator.authenticate(token).block()).isNotNull();
        status = 500;
        clock.pass(KeyCache.Pace.URL.age().plus(Duration.ofSeconds(1)));
        assertThat(authenticator.authenticate(token).block()).isNotNull();
        assertThat(fetches).hasValue(2);
    }

    @Test
    void withoutAnyKeysTheAnswerIsNotThatTheTokenIsWrong() throws Exception {
        status = 500;
        var token = token(newKey("k1"), claims());
        assertThatThrownBy(() -> authenticator.authenticate(token).block())
                .isInstanceOf(AuthenticationUnavailableException.class);
    }

    private boolean isAccepted(String token) {
        return authenticator.authenticate(token).block(Duration.ofSeconds(10)) != null;
    }

    /// The request's time-out ended with the headers: the first such answer kept everybody out for
    /// ever, behind one load that never ended.
    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void anAnswerThatStopsInTheMiddleHasADeadlineAndIsAskedForAgain() throws Exception {
        var key = newKey("k1");
        keySet = TestIssuer.keySet(key.toPublicJWK());
        stopsAfterTenBytes = true;
        var token = token(key, claims());
        assertThatThrownBy(() -> isAccepted(token))
                .isInstanceOf(AuthenticationUnavailableException.class);
        assertThatThrownBy(() -> isAccepted(token))
                .as("during the back-off nobody asks the provider")
                .isInstanceOf(AuthenticationUnavailableException.class);
        assertThat(fetches).hasValue(1);

        stopsAfterTenBytes = false;
        clock.pass(KeyCache.BACKOFF_MAX.plusMillis(1));
        assertThat(isAccepted(token)).isTrue();
        assertThat(fetches).hasValue(2);
    }

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void keysAtHandStayInUseWhileTheProviderHangsAndNotLongerThanStated() throws Exception {
        var key = newKey("k1");
        keySet = TestIssuer.keySet(key.toPublicJWK());
        var token = token(key, claims().expirationTime(Date.from(NOW.plusSeconds(1_000_000))));
        assertThat(isAccepted(token)).isTrue();
        stopsAfterTenBytes = true;
        clock.pass(KeyCache.Pace.URL.age().plusSeconds(1));
        assertThat(isAccepted(token)).isTrue();

        status = 500;
        stopsAfterTenBytes = false;
        clock.pass(KeyCache.Pace.URL.staleMax());
        assertThatThrownBy(() -> isAccepted(token))
                .isInstanceOf(AuthenticationUnavailableException.class);
        status = 200;
        clock.pass(KeyCache.BACKOFF_MAX.plusMillis(1));
        assertThat(isAccepted(token)).isTrue();
    }

    @Test
    void anEndlessAnswerIsNotReadToItsEnd() throws Exception {
        var key = newKey("k1");
        keySet = TestIssuer.keySet(key.toPublicJWK()) + " ".repeat(KeyLoader.BYTES_MAX);
        var token = token(key, claims());
        assertThatThrownBy(() -> isAccepted(token))
                .isInstanceOf(AuthenticationUnavailableException.class);
    }

    @Test
    void aKeySetIsNotFetchedInTheClear() {
        assertThatThrownBy(() ->
                        JwtAuthenticator.ofUrl(
                                URI.create("http://192.0.2.1/jwks"),
                                JwtRules.of(ISSUER, AUDIENCE),
                                clock))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
