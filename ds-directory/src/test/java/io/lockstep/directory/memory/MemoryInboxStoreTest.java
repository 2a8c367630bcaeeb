package io.lockstep.directory.memory;

import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxStoreContract;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

class MemoryInboxStoreTest implements InboxStoreContract {
    private Instant now = Instant.now();
    private final MemoryInboxStore store = new MemoryInboxStore(() -> now);

    @Override
    public List<InboxStore> nodes() {
        return List.of(store, store);
    }

    @Override
    public void later(Duration time) {
        now = now.plus(time);
    }
}
