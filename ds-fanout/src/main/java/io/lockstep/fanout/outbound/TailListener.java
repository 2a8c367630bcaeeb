package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupTail;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.buffer.ByteBuf;

/// Receives the events of a [SharedTail]. Called on any thread.
public interface TailListener {
    FrameFormat format();

    /// The status has changed: the tail moved, or the group is unavailable, frozen or gone.
    void moved();

    /// Delivers a frame to sessions that are connected and up to date.
    ///
    /// @param frame released by the callee
    /// @param after the tail when it was accepted; it is delivered after that position
    void ephemeral(ByteBuf frame, long after);

    /// Whether the answer to a read is still needed.
    boolean wants();

    /// @param deliveries released by the callee
    /// @param done called once after their release, on any thread
    void read(JoinedDeliveries deliveries, Runnable done);

    /// The request for entries after the position must be made again.
    void again(long after);

    /// The log no longer retains the entries after the position.
    void trimmed(long after, GroupTail tail);
}
