package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupTail;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The log of one group as this node has followed it: what all event loops share. Thread-safe.
public interface SharedTail {
    GroupId group();

    Standing standing();

    /// Deliveries after a place, for those who are live.
    ///
    /// @return with one reference, the caller's; null when the place is the tail or too far behind it
    @Nullable LiveDeliveries live(long after, FrameFormat format);

    /// Deliveries after a place, for those who are behind.
    ///
    /// @return with one reference, the caller's; null when they must be read from the log
    @Nullable JoinedDeliveries joined(long after, FrameFormat format);

    /// Reads deliveries after a place from the log; asked for by several at once it is read once. Tried
    /// again while the log is unavailable and the listener wants it.
    void read(long after, TailListener listener);

    /// Compares with the log now.
    ///
    /// @param then called on a thread of its own: true, the standing is as new as this call; false, the
    ///     log did not answer
    void refresh(Consumer<Boolean> then);

    void add(TailListener listener);

    void remove(TailListener listener);

    /// The group's history, as far as this node can speak of it.
    sealed interface Standing {
        /// The log has not yet said where it ends.
        record Starting() implements Standing {}

        /// The log does not answer; it is tried again.
        record Unavailable() implements Standing {}

        record Live(GroupTail tail) implements Standing {}

        /// The store holds less than it did, or something else: nothing more is shown.
        record Frozen() implements Standing {}
    }
}
