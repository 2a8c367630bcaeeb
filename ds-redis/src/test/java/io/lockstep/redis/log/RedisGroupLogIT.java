package io.lockstep.redis.log;

import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupLogContract;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.TestRedis;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisGroupLogIT implements GroupLogContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static RedisGroupLog log;

    @BeforeAll
    static void connect() {
        log = REDIS.groupLog(LIMITS);
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    @Override
    public GroupLog log() {
        return log;
    }
}
