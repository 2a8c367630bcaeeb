package io.lockstep.wire.frame;

import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;

/// A WebSocket message is not a sequence of frames.
public final class MalformedFrameException extends RefusalException {
    private static final long serialVersionUID = 1L;

    MalformedFrameException(String detail) {
        super(Code.MALFORMED_FRAME, detail);
    }
}
