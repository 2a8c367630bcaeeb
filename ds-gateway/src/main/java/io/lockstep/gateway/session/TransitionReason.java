package io.lockstep.gateway.session;

import io.lockstep.wire.Code;

/// The reason of a session's state change, for the log and a counter.
record TransitionReason(String label) {
    static final TransitionReason HELLO = new TransitionReason("hello");
    static final TransitionReason TOKEN_HOLDS = new TransitionReason("token_holds");
    static final TransitionReason CLIENT_CLOSES = new TransitionReason("client_closes");
    static final TransitionReason CONNECTION_LOST = new TransitionReason("connection_lost");
    static final TransitionReason BROKEN_WEBSOCKET = new TransitionReason("broken_websocket");
    static final TransitionReason FAULT = new TransitionReason("fault");

    static TransitionReason of(Code code) {
        return new TransitionReason(code.wireName());
    }
}
