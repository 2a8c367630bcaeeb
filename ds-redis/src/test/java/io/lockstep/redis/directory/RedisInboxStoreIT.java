package io.lockstep.redis.directory;

import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxStoreContract;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.TestRedis;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisInboxStoreIT implements InboxStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final AtomicLong SHIFT_MILLIS = new AtomicLong();
    private static List<InboxStore> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get),
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get));
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    @Override
    public List<InboxStore> nodes() {
        return nodes;
    }

    @Override
    public void later(Duration time) {
        SHIFT_MILLIS.addAndGet(time.toMillis());
    }
}
