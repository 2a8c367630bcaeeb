package io.lockstep.redis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.RevocationStoreContract;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.Script;
import io.lockstep.redis.TestRedis;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

class RedisRevocationStoreIT implements RevocationStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static List<RevocationStore> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes = List.of(node(), node());
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    private static RevocationStore node() {
        return REDIS.keep(
                new RedisRevocationStore(REDIS.connect(), TestRedis.KEY, Schedulers.parallel()));
    }

    @Override
    public List<RevocationStore> nodes() {
        return nodes;
    }

    @Test
    void aRevocationWhoseHintIsLostIsHeardAllTheSame() {
        var heard = new CopyOnWriteArrayList<Revocation>();
        var deaf = REDIS.connect();
        var listening =
                REDIS.keep(new RedisRevocationStore(deaf, TestRedis.KEY, Schedulers.parallel()));
        deaf.subscriptions().sync().unsubscribe(Script.ascii("ls:revoked"));
        var subscription = listening.notices().subscribe(heard::add);
        try {
            var revocation = new Revocation(new ClientId("dave", "phone"), NOON);
            nodes.getFirst().revoke(revocation, true).block(PATIENCE);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(heard).contains(revocation));
        } finally {
            subscription.dispose();
        }
    }
}
