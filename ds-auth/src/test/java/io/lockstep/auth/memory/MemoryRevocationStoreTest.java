package io.lockstep.auth.memory;

import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.RevocationStoreContract;
import java.util.List;

final class MemoryRevocationStoreTest implements RevocationStoreContract {
    private final RevocationStore revocations = new MemoryRevocationStore();

    @Override
    public List<RevocationStore> nodes() {
        return List.of(revocations, revocations);
    }
}
