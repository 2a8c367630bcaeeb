package io.lockstep.fanout;

import io.lockstep.fanout.outbound.FanoutMetrics;
import io.lockstep.log.GroupLog;
import io.lockstep.log.ReadPermits;
import io.netty.buffer.ByteBufAllocator;

/// What all followers of a node share.
record FollowerContext(
        GroupLog log,
        FanoutLimits limits,
        ByteBufAllocator allocator,
        FanoutMetrics metrics,
        RingBudget budget,
        ReadPermits permits) {

    static FollowerContext of(
            GroupLog log, FanoutLimits limits, ByteBufAllocator allocator, FanoutMetrics metrics) {
        return new FollowerContext(
                log,
                limits,
                allocator,
                metrics,
                new RingBudget(limits.ringsBytesMax(), metrics),
                new ReadPermits(limits.catchUpReadsMax()));
    }
}
