package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// Bug: the text was "Redis cannot be reached" for a wrong password, TLS, DNS and a bad URI.
class ConnectFailureIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final RedisSettings SETTINGS =
            TestRedis.SETTINGS.withConnectTimeout(Duration.ofSeconds(2));

    @TempDir Path folder;

    private static String told(String uri) {
        var failure = catchThrowable(() -> RedisConnections.open(uri, SETTINGS).close());
        assertThat(failure).as(uri).isNotNull();
        return ConnectFailure.describe(URI.create(uri), failure);
    }

    private static int port() {
        return URI.create(REDIS.uri()).getPort();
    }

    @Test
    void eachReasonHasASentenceOfItsOwn() throws Exception {
        assertThat(told("redis://:wrong@127.0.0.1:" + port()))
                .isEqualTo("the user or password in redis.uri is wrong");
        assertThat(told("redis://127.0.0.1:" + port()))
                .isEqualTo("it wants a password, and redis.uri has none");
        assertThat(told("redis://127.0.0.1:" + RawRedis.freePort()))
                .isEqualTo("nobody listens there");
        assertThat(told("redis://no-such-host.invalid:6379"))
                .isEqualTo("its host name no-such-host.invalid cannot be resolved");
        assertThat(told("http://127.0.0.1:" + port())).startsWith("redis.uri cannot be read");
        assertThat(told("rediss://127.0.0.1:" + port())).contains("TLS");
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(told("redis://127.0.0.1:" + silent.getLocalPort()))
                    .contains("does not answer");
        }
    }

    @Test
    void aUserOfTheAccessControlListIsTaken() throws Exception {
        REDIS.ask("ACL", "SETUSER", "lockstep", "on", ">secret", "~ls:*", "&ls:*", "+@all");
        var uri = "redis://lockstep:secret@127.0.0.1:" + port();

        try (var connections = RedisConnections.open(uri, SETTINGS)) {
            assertThat(connections.awaitVerified(Duration.ofSeconds(10))).isTrue();
        }
        assertThat(told("redis://lockstep:wrong@127.0.0.1:" + port()))
                .isEqualTo("the user or password in redis.uri is wrong");
    }

    /// Managed services refuse CONFIG. A setting that cannot be read is unsafe unless it is
    /// accepted by name.
    @Test
    void whereConfigIsForbiddenNothingIsWrittenUnlessThatIsAccepted() throws Exception {
        REDIS.ask("ACL", "SETUSER", "managed", "on", ">secret", "~*", "&*", "+@all", "-config");
        var uri = "redis://managed:secret@127.0.0.1:" + port();

        try (var connections = RedisConnections.open(uri, SETTINGS)) {
            assertThat(connections.isWritable()).isFalse();
            assertThat(connections.refusals()).singleElement().asString().contains("CONFIG GET");
        }
        var accepting = SETTINGS.withWeakerAccepted(Set.of("settings"));
        try (var connections = RedisConnections.open(uri, accepting)) {
            assertThat(connections.awaitVerified(Duration.ofSeconds(10))).isTrue();
        }
    }

    @Test
    void aUnixSocketIsTaken() throws Exception {
        var data = Files.createDirectories(folder.resolve("s"));
        var socket = data.resolve("r.sock");
        try (var redis =
                        RawRedis.start(
                                RedisBinary.find(folder), data, "--unixsocket", socket.toString());
                var connections = RedisConnections.open("redis-socket://" + socket, SETTINGS)) {
            assertThat(redis.port()).isPositive();
            assertThat(connections.awaitVerified(Duration.ofSeconds(10))).isTrue();
        }
    }
}
