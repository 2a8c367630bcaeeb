package io.lockstep.fanout.outbound;

import io.lockstep.wire.mls.GroupId;
import io.netty.channel.EventLoop;

/// Gives out the shared tail of each group, one per node, for as long as someone holds it. Thread-safe.
public interface Tails {
    /// @param home the loop that looks after the tail, if it is not there yet
    SharedTail hold(GroupId group, EventLoop home);

    void letGo(SharedTail tail);
}
