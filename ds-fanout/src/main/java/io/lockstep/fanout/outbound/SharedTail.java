package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupTail;
import io.lockstep.log.MemberId;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Gives all event loops of this node one view of a group's log: buffers recent deliveries, reads
/// older ones, and notifies listeners. Thread-safe.
public interface SharedTail {
    GroupId group();

    TailStatus status();

    /// Deliveries after a position, for cursors at the tail.
    ///
    /// @return with one reference, which the caller releases; null when the position is the tail or
    ///     too far behind it
    @Nullable LiveDeliveries liveBuffer(long after, FrameFormat format);

    /// Deliveries after a position, for cursors that are behind.
    ///
    /// @return with one reference, which the caller releases; null when they must be read from the
    ///     log
    @Nullable JoinedDeliveries catchUpBuffer(long after, FrameFormat format);

    /// Reads deliveries after a position from the log. Concurrent requests share one read. The read
    /// is retried while the log is unavailable and the listener wants it.
    void read(long after, TailListener listener);

    /// Compares with the log now.
    ///
    /// @param then called on any thread: true, the status is as new as this call; false, the log
    ///     did not answer
    void refresh(Consumer<Boolean> then);

    /// Whether a member confirms a provisional commit by having applied the log up to a position.
    /// True once for each commit: the caller reports it.
    boolean confirms(MemberId member, long applied);

    void add(TailListener listener);

    void remove(TailListener listener);

    /// The state of the group's history, as far as this node knows it.
    sealed interface TailStatus {
        /// The log has not yet returned its tail.
        record Starting() implements TailStatus {}

        /// The log does not answer; this node retries.
        record Unavailable() implements TailStatus {}

        record LiveTail(GroupTail tail) implements TailStatus {}

        /// The store holds less than it did, or another history. Nothing more is delivered.
        record FrozenTail() implements TailStatus {}

        /// The group was deleted. Nothing more is delivered. It may have been created again: that
        /// is another log, which a later tail follows.
        record DeletedTail() implements TailStatus {}
    }
}
