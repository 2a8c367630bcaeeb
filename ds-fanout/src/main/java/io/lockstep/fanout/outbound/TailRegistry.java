package io.lockstep.fanout.outbound;

import io.lockstep.wire.mls.GroupId;
import io.netty.channel.EventLoop;

/// A registry of shared tails, one per group and node. A tail exists for as long as a caller holds
/// it. Thread-safe.
public interface TailRegistry {
    /// @param homeLoop the event loop that runs the tail, if the tail does not exist yet
    SharedTail acquire(GroupId group, EventLoop homeLoop);

    void release(SharedTail tail);
}
