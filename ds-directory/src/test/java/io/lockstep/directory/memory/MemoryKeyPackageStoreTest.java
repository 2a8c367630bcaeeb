package io.lockstep.directory.memory;

import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.memory.MemoryRevocationStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.KeyPackageStoreContract;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

class MemoryKeyPackageStoreTest implements KeyPackageStoreContract {
    private final RevocationStore revocations = new MemoryRevocationStore();
    private Duration shift = Duration.ZERO;
    private final MemoryKeyPackageStore store =
            new MemoryKeyPackageStore(() -> Instant.now().plus(shift), revocations);

    @Override
    public List<KeyPackageStore> nodes() {
        return List.of(store, store);
    }

    @Override
    public RevocationStore revocations() {
        return revocations;
    }

    @Override
    public void later(Duration time) {
        shift = shift.plus(time);
    }
}
