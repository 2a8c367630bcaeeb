package io.lockstep.log;

/// What every [GroupLog] must do. An implementation's test implements all the parts by this one interface.
public interface GroupLogContract
        extends GroupLogAppendContract,
                GroupLogReadContract,
                GroupLogBundleContract,
                GroupLogFollowContract {}
