package io.lockstep.gateway.session;

import io.netty.channel.Channel;

/// The reasons for which a session currently reads nothing from its socket. It reads while there is
/// none.
final class ReadPauses {
    enum PauseReason {
        /// Frames wait for a later slice, or for the client to be known.
        FRAMES_WAIT(1),
        ANSWERS_UNSENT(2),
        CLOSING(4),
        /// The bytes that arrived with the upgrade are delivered first.
        UPGRADING(8);

        private final int bit;

        PauseReason(int bit) {
            this.bit = bit;
        }
    }

    private final Channel channel;

    /// The reasons as bits: an `EnumSet` would be larger than the rest of this object.
    private int reasons = PauseReason.UPGRADING.bit;

    /// @param channel with `autoRead` off
    ReadPauses(Channel channel) {
        this.channel = channel;
    }

    void pause(PauseReason why) {
        if (reasons == 0) {
            channel.config().setAutoRead(false);
        }
        reasons |= why.bit;
    }

    void resume(PauseReason why) {
        leave(reasons & ~why.bit);
    }

    void resumeAll() {
        leave(0);
    }

    private void leave(int left) {
        if (reasons != 0 && left == 0) {
            channel.config().setAutoRead(true);
        }
        reasons = left;
    }
}
