package io.lockstep.client.member;

import io.lockstep.client.ClientEvent.Delivered;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The commit that a device could not process, while it is not decided whether the commit is void.
/// Until the server has answered the rejection, the device acknowledges nothing: an acknowledgement
/// would confirm the commit. Confined to the engine thread.
///
/// `unacknowledged ≠ null ⇒ rejecting > 0`, the position whose rejection has no answer
final class StalledCommit {
    private long position;
    private long rejecting;
    private @Nullable Delivered unacknowledged;

    boolean isStalled() {
        return position > 0;
    }

    long position() {
        return position;
    }

    /// The device rejects the commit at this position.
    void begin(long at) {
        position = at;
        rejecting = at;
    }

    /// The server has answered the rejection of this position.
    ///
    /// @return the entry to acknowledge now; empty while a later rejection has no answer
    Optional<Delivered> answered(long at) {
        if (at != rejecting) {
            return Optional.empty();
        }
        rejecting = 0;
        var held = Optional.ofNullable(unacknowledged);
        unacknowledged = null;
        assert invariants();
        return held;
    }

    /// Whether the entry is to be acknowledged now. Otherwise it is held.
    boolean mayAcknowledge(Delivered delivered) {
        if (rejecting > 0) {
            unacknowledged = delivered;
        }
        assert invariants();
        return rejecting == 0;
    }

    private boolean invariants() {
        return unacknowledged == null || rejecting > 0;
    }

    /// The commit is void, or the device has left its epoch behind.
    void end() {
        position = 0;
    }
}
