package io.lockstep.client.member;

import io.lockstep.client.ClientEvent.Delivered;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The commit that a device could not process, while it is not decided whether the commit is void.
/// Until the server has answered the rejection, the device acknowledges nothing: an acknowledgement
/// would confirm the commit. Confined to the engine thread.
///
/// `rejecting ⇒ position > 0`
final class StalledCommit {
    private long position;
    private boolean rejecting;
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
        rejecting = true;
    }

    /// The server has answered the rejection.
    ///
    /// @return the entry to acknowledge now
    Optional<Delivered> answered() {
        rejecting = false;
        var held = Optional.ofNullable(unacknowledged);
        unacknowledged = null;
        return held;
    }

    /// Whether the entry is to be acknowledged now. Otherwise it is held.
    boolean mayAcknowledge(Delivered delivered) {
        if (rejecting) {
            unacknowledged = delivered;
        }
        return !rejecting;
    }

    /// The commit is void, or the device has left its epoch behind.
    void end() {
        position = 0;
    }
}
