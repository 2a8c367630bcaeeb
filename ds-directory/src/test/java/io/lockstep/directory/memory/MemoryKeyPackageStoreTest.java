package io.lockstep.directory.memory;

import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.KeyPackageStoreContract;
import java.util.List;

class MemoryKeyPackageStoreTest implements KeyPackageStoreContract {
    private final MemoryKeyPackageStore store = new MemoryKeyPackageStore();

    @Override
    public List<KeyPackageStore> nodes() {
        return List.of(store, store);
    }
}
