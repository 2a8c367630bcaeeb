package io.lockstep.directory.memory;

import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxStoreContract;
import java.util.List;

class MemoryInboxStoreTest implements InboxStoreContract {
    private final MemoryInboxStore store = new MemoryInboxStore();

    @Override
    public List<InboxStore> nodes() {
        return List.of(store, store);
    }
}
