package io.lockstep.redis.directory;

import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxStoreContract;
import io.lockstep.redis.TestRedis;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisInboxStoreIT implements InboxStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static List<InboxStore> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY),
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY));
    }

    @Override
    public List<InboxStore> nodes() {
        return nodes;
    }
}
