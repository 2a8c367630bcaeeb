package io.lockstep.gateway.session;

import io.netty.channel.Channel;
import java.util.EnumSet;
import java.util.Set;

/// Why a session reads nothing from its socket at present; it reads when there is no reason left.
final class ReadPauses {
    enum Why {
        AUTHENTICATING,
        ANSWERS_UNREAD,
        LEAVING
    }

    private final Channel channel;
    private final Set<Why> reasons = EnumSet.noneOf(Why.class);

    ReadPauses(Channel channel) {
        this.channel = channel;
    }

    void pause(Why why) {
        if (reasons.add(why)) {
            channel.config().setAutoRead(false);
        }
    }

    void resume(Why why) {
        if (reasons.remove(why) && reasons.isEmpty()) {
            channel.config().setAutoRead(true);
        }
    }

    void resumeAll() {
        if (!reasons.isEmpty()) {
            reasons.clear();
            channel.config().setAutoRead(true);
        }
    }
}
