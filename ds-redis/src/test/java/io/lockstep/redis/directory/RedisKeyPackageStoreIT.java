package io.lockstep.redis.directory;

import io.lockstep.auth.Revocations;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.KeyPackageStoreContract;
import io.lockstep.redis.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

class RedisKeyPackageStoreIT implements KeyPackageStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final AtomicLong SHIFT_MILLIS = new AtomicLong();
    private static List<KeyPackageStore> nodes = List.of();
    private static Revocations revocations;

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisKeyPackageStore(REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get),
                        new RedisKeyPackageStore(
                                REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get));
        revocations =
                REDIS.keep(
                        new RedisRevocations(
                                REDIS.connect(), TestRedis.KEY, Schedulers.parallel()));
    }

    @AfterEach
    void backToTheTime() {
        SHIFT_MILLIS.set(0);
    }

    @Override
    public List<KeyPackageStore> nodes() {
        return nodes;
    }

    @Override
    public Revocations revocations() {
        return revocations;
    }

    @Override
    public void later(Duration time) {
        SHIFT_MILLIS.addAndGet(time.toMillis());
    }
}
