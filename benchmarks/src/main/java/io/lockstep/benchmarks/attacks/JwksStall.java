package io.lockstep.benchmarks.attacks;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.benchmarks.raw.TargetServer;
import io.lockstep.redis.EmbeddedRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Executors;

/// The identity provider's key set stalls after ten bytes, just after its keys were rotated. It
/// recovers after half of the attack's time.
///
/// Threads: the attack writes the flag; threads of the key set server read it.
final class JwksStall implements Attack {
    private static final String ISSUER = "https://issuer.example";
    private static final String AUDIENCE = "lockstep";

    private final ECKey old = key("old");
    private final ECKey rotated = key("rotated");
    private volatile boolean stalled;
    private volatile boolean withRotated;

    @Override
    public String name() {
        return "jwks-stall";
    }

    @Override
    public String what() {
        return "the key set stalls after 10 bytes while keys rotate, and is well again after half"
                + " the time";
    }

    @Override
    public AttackSetup setting(TargetServer.Start start) throws IOException {
        stalled = false;
        withRotated = false;
        var folder = Files.createTempDirectory("lockstep-jwks");
        var secret = folder.resolve("deployment.key");
        Files.writeString(secret, "42".repeat(32));
        Files.setPosixFilePermissions(
                secret, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        var redis = EmbeddedRedis.start(folder.resolve("redis"), 0);
        var keys = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        keys.setExecutor(threads);
        keys.createContext("/jwks", this::serve);
        keys.start();
        var serve =
                new TargetServer.Start(
                        start.launcher(),
                        start.javaOptions(),
                        List.of(
                                "serve",
                                "--set",
                                "auth.mode=jwt",
                                "--set",
                                "auth.jwt.keys=http://127.0.0.1:"
                                        + keys.getAddress().getPort()
                                        + "/jwks",
                                "--set",
                                "auth.jwt.issuer=" + ISSUER,
                                "--set",
                                "auth.jwt.audience=" + AUDIENCE,
                                "--set",
                                "listen.address=127.0.0.1",
                                "--set",
                                "listen.behind-proxy=true",
                                "--set",
                                "redis.uri=" + redis.uri(),
                                "--set",
                                "deployment-key-file=" + secret),
                        0);
        return new AttackSetup(
                serve,
                false,
                client -> token(old, client),
                redis.uri(),
                () -> {
                    stalled = false;
                    keys.stop(0);
                    threads.shutdownNow();
                    redis.close();
                });
    }

    @SuppressWarnings("try") // closed explicitly: a stalled one must stay open
    private void serve(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
        var set = new JWKSet(withRotated ? List.<JWK>of(old, rotated) : List.<JWK>of(old));
        var bytes = set.toString(true).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/jwk-set+json");
        exchange.sendResponseHeaders(200, bytes.length);
        var body = exchange.getResponseBody();
        if (stalled) {
            body.write(bytes, 0, 10);
            body.flush();
            // Permanently: a stalled answer is not completed after the key set recovers.
            return;
        }
        body.write(bytes);
        exchange.close();
    }

    @Override
    public void run(AttackContext context) {
        long half = context.nanosLeft() / 2 / 1_000_000;
        stalled = true;
        withRotated = true;
        context.note("rotated key, stalled", within(context, half));
        stalled = false;
        context.note("rotated key, well again", within(context, half));
        context.untilOver();
    }

    /// Tries a token of the new key each half second.
    private String within(AttackContext context, long millis) {
        long begun = System.nanoTime();
        var last = "";
        while ((System.nanoTime() - begun) / 1_000_000 < millis && !context.isOver()) {
            try (var _ =
                    RawSession.open(
                            Connector.plain(context.server().port()),
                            "127.0.0.4",
                            token(rotated, "rotated/phone"),
                            3_000)) {
                return "ready after " + (System.nanoTime() - begun) / 1_000_000 + " ms";
            } catch (IOException e) {
                last = LatencyProbe.describe(e);
                context.pause(500);
            }
        }
        return "never: " + last;
    }

    private static ECKey key(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String token(ECKey key, String client) {
        var names = client.split("/", 2);
        var claims =
                new JWTClaimsSet.Builder()
                        .issuer(ISSUER)
                        .audience(AUDIENCE)
                        .subject(names[0])
                        .claim("device", names[1])
                        .expirationTime(Date.from(Instant.now().plusSeconds(3_600)))
                        .build();
        try {
            var jwt =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
                            claims);
            jwt.sign(new ECDSASigner(key));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
