package io.lockstep.log.memory;

import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupLogContract;
import java.time.InstantSource;

class MemoryGroupLogTest implements GroupLogContract {
    private final MemoryGroupLog log =
            new MemoryGroupLog(
                    new MemoryBlobStore(InstantSource.system()), LIMITS, InstantSource.system());

    @Override
    public GroupLog log() {
        return log;
    }
}
