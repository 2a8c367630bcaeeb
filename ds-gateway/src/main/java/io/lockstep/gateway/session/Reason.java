package io.lockstep.gateway.session;

import io.lockstep.wire.Code;

/// Why a session changes its state, for log and counter.
record Reason(String label) {
    static final Reason HELLO = new Reason("hello");
    static final Reason TOKEN_HOLDS = new Reason("token_holds");
    static final Reason CLIENT_CLOSES = new Reason("client_closes");
    static final Reason CONNECTION_LOST = new Reason("connection_lost");
    static final Reason BROKEN_WEBSOCKET = new Reason("broken_websocket");
    static final Reason FAULT = new Reason("fault");

    static Reason of(Code code) {
        return new Reason(code.wireName());
    }
}
