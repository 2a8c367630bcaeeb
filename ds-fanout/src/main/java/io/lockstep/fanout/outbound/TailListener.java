package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupTail;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.buffer.ByteBuf;

/// What a [SharedTail] tells those who deliver from it. Called on any thread.
public interface TailListener {
    FrameFormat format();

    /// The standing has changed: the tail moved on, or worse.
    void moved();

    /// Shows a frame to those who are connected and up to date.
    ///
    /// @param frame released by the callee
    /// @param after the tail when it came: it belongs after that
    void ephemeral(ByteBuf frame, long after);

    /// Whether an answer to a read is still of use.
    boolean wants();

    /// @param deliveries released by the callee
    /// @param done called once when they are, on any thread
    void read(JoinedDeliveries deliveries, Runnable done);

    /// What was asked for after the place must be looked for, or asked for, anew.
    void again(long after);

    /// The log does not hold the entries after the place any more.
    void trimmed(long after, GroupTail tail);
}
