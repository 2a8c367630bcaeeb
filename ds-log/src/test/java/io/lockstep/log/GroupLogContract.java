package io.lockstep.log;

/// The contract of every [GroupLog]. The test of an implementation implements all parts through
/// this interface.
public interface GroupLogContract
        extends GroupLogAppendContract,
                GroupLogReadContract,
                GroupLogBundleContract,
                GroupLogFollowContract,
                GroupLogControlContract,
                GroupLogSweepContract,
                GroupLogTroubleContract,
                GroupLogDeletionContract {}
