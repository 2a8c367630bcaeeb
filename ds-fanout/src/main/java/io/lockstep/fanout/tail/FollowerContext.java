package io.lockstep.fanout.tail;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.outbound.FanoutMetrics;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.runtime.ReadPermits;
import io.netty.buffer.ByteBufAllocator;

/// The dependencies that all followers of a node share: the log, limits, budgets and metrics.
record FollowerContext(
        GroupLog log,
        FanoutLimits limits,
        ByteBufAllocator allocator,
        FanoutMetrics metrics,
        RingBudget budget,
        ReadPermits permits,
        KnownIncarnations remembered,
        MonotonicClock clock) {

    static FollowerContext of(
            GroupLog log,
            KnownIncarnations remembered,
            FanoutLimits limits,
            ByteBufAllocator allocator,
            FanoutMetrics metrics,
            MonotonicClock clock) {
        return new FollowerContext(
                log,
                limits,
                allocator,
                metrics,
                new RingBudget(limits.ringsBytesMax(), metrics),
                new ReadPermits(limits.catchUpReadsMax()),
                remembered,
                clock);
    }
}
