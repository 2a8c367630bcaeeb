package io.lockstep.e2e;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/// Looks at a server's Redis, and changes it as a broken one would.
final class StoredKeys implements AutoCloseable {
    /// Keys that are not of one group or client.
    private static final String SHARED =
            "ls:(deployment|keyring|sealing-keys|store|probe|outbox|revocations|sweep:.|deleted:."
                    + "|trouble:.|quota:.*)";

    private final RedisClient client;
    private final RedisCommands<String, String> redis;

    StoredKeys(KillableServer server) {
        client = RedisClient.create(server.redis());
        redis = client.connect(new StringCodec(StandardCharsets.ISO_8859_1)).sync();
    }

    /// All keys of groups and clients, by scan.
    Set<String> all() {
        var keys = new TreeSet<String>();
        ScanIterator.scan(redis, ScanArgs.Builder.limit(1_000))
                .forEachRemaining(key -> {
                    if (!key.matches(SHARED)) {
                        keys.add(key);
                    }
                });
        return keys;
    }

    /// Changes the last byte of the head of the only group: the store then has another history.
    void changeHead() {
        var meta = all().stream().filter(key -> key.endsWith(":meta")).findFirst().orElseThrow();
        var at = redis.hget(meta, "at");
        int last = at.length() - 1;
        redis.hset(meta, "at", at.substring(0, last) + (char) (at.charAt(last) ^ 1));
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
