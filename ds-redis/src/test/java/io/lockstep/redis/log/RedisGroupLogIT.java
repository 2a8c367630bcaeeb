package io.lockstep.redis.log;

import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupLogContract;
import io.lockstep.redis.TestRedis;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisGroupLogIT implements GroupLogContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static RedisGroupLog log;

    @BeforeAll
    static void connect() {
        log = REDIS.groupLog(LIMITS);
    }

    @Override
    public GroupLog log() {
        return log;
    }
}
