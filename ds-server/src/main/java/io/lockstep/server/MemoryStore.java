package io.lockstep.server;

import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.memory.MemoryRevocationStore;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.memory.MemoryInboxStore;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.log.memory.MemoryQuotaStore;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.redis.StoreCheck;
import io.lockstep.runtime.KeyDerivation;
import java.time.InstantSource;
import java.util.List;

/// A store in the memory of this process. Its data is lost when the process ends. Used for
/// development if no Redis can be started.
record MemoryStore(
        KeyDerivation names,
        GroupLog log,
        BlobStore blobs,
        KeyPackageStore keyPackages,
        InboxStore inboxes,
        RevocationStore revocations,
        QuotaStore quotas)
        implements Store {
    MemoryStore(KeyDerivation names) {
        this(names, new MemoryBlobStore(InstantSource.system()));
    }

    private MemoryStore(KeyDerivation names, MemoryBlobStore blobs) {
        this(
                names,
                new MemoryGroupLog(blobs),
                blobs,
                new MemoryKeyPackageStore(),
                new MemoryInboxStore(),
                new MemoryRevocationStore(),
                new MemoryQuotaStore(InstantSource.system()));
    }

    @Override
    public List<StoreCheck> checks() {
        return List.of(new StoreCheck("memory", true, "in this process"));
    }

    @Override
    public String uri() {
        return "";
    }

    @Override
    public List<String> description() {
        return List.of("MEMORY ONLY: everything is lost when this process ends");
    }

    @Override
    public void close() {}
}
