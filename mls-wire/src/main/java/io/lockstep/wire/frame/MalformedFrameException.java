package io.lockstep.wire.frame;

import io.lockstep.wire.Code;

/// A WebSocket message is not a sequence of frames. An expected outcome of reading what others sent,
/// so it is cheap: it has no stack trace. Its message never quotes content.
public final class MalformedFrameException extends Exception {
    private final Code code;

    public MalformedFrameException(Code code, String detail) {
        super(detail, null, false, false);
        this.code = code;
    }

    public Code code() {
        return code;
    }

    /// For the client to read; [#getMessage] that cannot be null.
    public String detail() {
        var message = getMessage();
        return message == null ? code.meaning() : message;
    }
}
