package io.lockstep.log.memory;

import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupLogContract;

class MemoryGroupLogTest implements GroupLogContract {
    private final MemoryGroupLog log = new MemoryGroupLog();

    @Override
    public GroupLog log() {
        return log;
    }
}
