package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.LogLimits;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.runtime.Keyring;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.scheduler.Schedulers;

/// One Redis for a test class and the nodes that use it. Its folder is deleted after the class.
public final class TestRedis implements AfterAllCallback {
    public static final DeploymentKeys KEYS =
            DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex("5a".repeat(DeploymentKey.BYTES))));
    public static final Keyring KEY = Keyring.of(KEYS.current());
    public static final RedisSettings SETTINGS =
            RedisSettings.DEFAULT
                    .withCommandTimeout(Duration.ofSeconds(2))
                    .withHeartbeat(Duration.ofMillis(200))
                    .withVerifyInterval(Duration.ofMillis(200));
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Path folder;
    private EmbeddedRedis redis;

    public TestRedis() {
        try {
            folder = Files.createTempDirectory("lockstep-redis-test");
            redis = EmbeddedRedis.start(folder, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        close();
    }

    /// For a test that uses a Redis of its own.
    void close() throws Exception {
        for (var closeable : open.reversed()) {
            closeable.close();
        }
        redis.close();
        delete(folder);
    }

    public static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    public Path folder() {
        return folder;
    }

    public String uri() {
        return redis.uri();
    }

    /// Kills Redis as a crash would.
    public void kill() throws IOException {
        redis.redis().destroyForcibly();
    }

    /// Starts it again on the same data and port, and waits until all nodes may write.
    public void restart() throws IOException {
        int port = redis.port();
        redis.close();
        redis = EmbeddedRedis.start(folder, port);
        for (var closeable : open) {
            if (closeable instanceof RedisConnections connections && !connections.isClosed()) {
                assertThat(connections.awaitVerified(PATIENCE)).isTrue();
            }
        }
    }

    /// Sends a command to Redis directly, without the code under test.
    public List<String> ask(String... words) throws IOException {
        return RedisProbe.ask(redis.port(), redis.password(), words);
    }

    public ProcessHandle process() throws IOException {
        return redis.redis();
    }

    /// The connections of one more node.
    public RedisConnections connect() {
        return keep(RedisConnections.open(uri(), SETTINGS));
    }

    public RedisGroupLog groupLog() {
        return groupLog(LogLimits.DEFAULT);
    }

    public RedisGroupLog groupLog(LogLimits limits) {
        return keep(
                new RedisGroupLog(
                        connect(), KEY, Schedulers.parallel(), InstantSource.system(), limits));
    }

    public <T extends AutoCloseable> T keep(T closeable) {
        open.add(closeable);
        return closeable;
    }
}
