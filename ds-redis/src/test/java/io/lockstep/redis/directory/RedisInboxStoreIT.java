package io.lockstep.redis.directory;

import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxStoreContract;
import io.lockstep.redis.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisInboxStoreIT implements InboxStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static List<InboxStore> nodes = List.of();
    private static volatile Instant now = Instant.EPOCH;

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY, () -> now),
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY, () -> now));
    }

    @Override
    public List<InboxStore> nodes() {
        return nodes;
    }

    @Override
    public void later(Duration time) {
        now = now.plus(time);
    }
}
