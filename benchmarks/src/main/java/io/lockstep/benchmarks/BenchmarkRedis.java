package io.lockstep.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lockstep.redis.EmbeddedRedis;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.Keyring;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import reactor.core.scheduler.Schedulers;

/// A Redis on a free port with a temporary folder, the connections of a node to it, and one of the
/// benchmark itself.
///
/// Threads: *confined to the benchmark's thread*, except for the connections.
public final class BenchmarkRedis implements AutoCloseable {
    private final Path folder = Files.createTempDirectory("lockstep-benchmark");
    private final EmbeddedRedis redis = EmbeddedRedis.start(folder, 0);
    private final RedisConnections connections =
            RedisConnections.open(redis.uri(), RedisSettings.DEFAULT);
    private final RedisClient client = RedisClient.create(redis.uri());
    private final StatefulRedisConnection<byte[], byte[]> connection =
            client.connect(ByteArrayCodec.INSTANCE);

    public BenchmarkRedis() throws IOException {
        System.out.println("# " + redis.description());
    }

    /// A node's log in this Redis.
    public RedisGroupLog log() {
        var key = Keyring.of(DeploymentKey.of(Bytes.ofHex("5a".repeat(32))));
        return new RedisGroupLog(connections, key, Schedulers.parallel(), InstantSource.system());
    }

    /// The benchmark's own connection.
    public StatefulRedisConnection<byte[], byte[]> connection() {
        return connection;
    }

    /// User and system time of the Redis process.
    public long cpuMicros() {
        return connection
                .sync()
                .info("cpu")
                .lines()
                .filter(line ->
                        line.startsWith("used_cpu_sys:") || line.startsWith("used_cpu_user:"))
                .mapToLong(line -> Math.round(Double.parseDouble(line.split(":", 2)[1]) * 1e6))
                .sum();
    }

    @Override
    public void close() throws IOException {
        client.shutdown();
        connections.close();
        redis.close();
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
