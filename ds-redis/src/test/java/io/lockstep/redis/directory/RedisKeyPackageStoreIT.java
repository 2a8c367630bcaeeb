package io.lockstep.redis.directory;

import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.KeyPackageStoreContract;
import io.lockstep.redis.TestRedis;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisKeyPackageStoreIT implements KeyPackageStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static List<KeyPackageStore> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisKeyPackageStore(REDIS.connect(), TestRedis.KEY),
                        new RedisKeyPackageStore(REDIS.connect(), TestRedis.KEY));
    }

    @Override
    public List<KeyPackageStore> nodes() {
        return nodes;
    }
}
