package io.lockstep.gateway.session;

import io.netty.channel.Channel;

/// Why a session reads nothing from its socket at present; it reads when there is no reason left.
final class ReadPauses {
    enum PauseReason {
        /// Frames that have come wait for their turn, or for the client to be known.
        FRAMES_WAIT(1),
        ANSWERS_UNREAD(2),
        LEAVING(4),
        /// What came with the upgrade is handed over first.
        UPGRADING(8);

        private final int bit;

        PauseReason(int bit) {
            this.bit = bit;
        }
    }

    private final Channel channel;

    /// The bits of the reasons that hold: a set would be larger than all else here.
    private int reasons = PauseReason.UPGRADING.bit;

    /// @param channel which does not read by itself
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
