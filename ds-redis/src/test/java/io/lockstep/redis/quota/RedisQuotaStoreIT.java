package io.lockstep.redis.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.log.quota.QuotaStoreContract;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisQuotaStoreIT implements QuotaStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final AtomicLong OFFSET = new AtomicLong();
    private static List<QuotaStore> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes = List.of(node(), node());
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    private static QuotaStore node() {
        return new RedisQuotaStore(REDIS.connect(), OFFSET::get);
    }

    @Override
    public List<QuotaStore> nodes() {
        return nodes;
    }

    @Override
    public void advance(Duration time) {
        OFFSET.addAndGet(time.toNanos() / 1_000);
    }

    @Test
    void anAccountExpiresWhenItsLongestDebtIsPaid() throws IOException {
        var account = Bytes.ofHex("0a".repeat(16));
        var key = "ls:quota:{" + account.hex() + "}";
        nodes.getFirst()
                .charge(account, Map.of(QuotaMeasure.BYTES, Duration.ofHours(2)))
                .block(PATIENCE);
        nodes.getFirst()
                .charge(account, Map.of(QuotaMeasure.ENTRIES, Duration.ofSeconds(1)))
                .block(PATIENCE);
        assertThat(Long.parseLong(REDIS.ask("PTTL", key).getFirst()))
                .isBetween(7_190_000L, 7_200_001L);
        nodes.getFirst().charge(Bytes.ofHex("0b".repeat(16)), Map.of()).block(PATIENCE);
        assertThat(REDIS.ask("EXISTS", "ls:quota:{" + "0b".repeat(16) + "}")).containsExactly("0");
    }

    /// Otherwise nodes would forget what is used where the store is full.
    @Test
    void aChargeIsTakenAtMaxmemory() throws IOException {
        var account = Bytes.ofHex("0c".repeat(16));
        REDIS.ask("CONFIG", "SET", "maxmemory", "1");
        try {
            assertThat(
                            nodes.getLast()
                                    .charge(
                                            account,
                                            Map.of(QuotaMeasure.BYTES, Duration.ofHours(1)))
                                    .block(PATIENCE))
                    .containsKey(QuotaMeasure.BYTES);
        } finally {
            REDIS.ask("CONFIG", "SET", "maxmemory", "0");
        }
    }
}
