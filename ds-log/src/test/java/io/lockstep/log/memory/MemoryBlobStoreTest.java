package io.lockstep.log.memory;

import io.lockstep.log.BlobStore;
import io.lockstep.log.BlobStoreContract;
import io.lockstep.log.GroupLog;
import java.time.InstantSource;

class MemoryBlobStoreTest implements BlobStoreContract {
    private final MemoryBlobStore blobs = new MemoryBlobStore(InstantSource.system());
    private final MemoryGroupLog log = new MemoryGroupLog(blobs);

    @Override
    public GroupLog log() {
        return log;
    }

    @Override
    public BlobStore blobs() {
        return blobs;
    }
}
