package io.lockstep.log.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.log.quota.QuotaStoreContract;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MemoryQuotaStoreTest implements QuotaStoreContract {
    private final AtomicReference<Instant> now =
            new AtomicReference<>(Instant.parse("2026-12-01T12:00:00Z"));
    private final MemoryQuotaStore store = new MemoryQuotaStore(now::get);

    @Override
    public List<QuotaStore> nodes() {
        return List.of(store);
    }

    @Override
    public void advance(Duration time) {
        now.updateAndGet(before -> before.plus(time));
    }

    @Test
    void accountsThatOweNothingAreNotHeld() {
        for (int i = 0; i < 9_990; i++) {
            store.charge(Bytes.ofLongs(i, i), Map.of(QuotaMeasure.BYTES, Duration.ofSeconds(1)))
                    .block();
        }
        assertThat(store.size()).isEqualTo(9_990);
        advance(Duration.ofSeconds(2));
        for (int i = 0; i < 10; i++) {
            store.charge(Bytes.ofLongs(7, 7), Map.of()).block();
        }
        assertThat(store.size()).isZero();
    }
}
