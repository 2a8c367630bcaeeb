package io.lockstep.wire.mls;

import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.tls.MalformedEncodingException;

/// The bytes are not the expected MLS structure. This is an expected outcome of decoding bytes from
/// a client, so the exception is cheap: it has no stack trace. Its message never quotes content.
public final class MalformedMessageException extends RefusalException {
    private static final long serialVersionUID = 1L;

    private final int offset;

    MalformedMessageException(Refusal refusal, int offset) {
        super(refusal);
        this.offset = offset;
    }

    MalformedMessageException(Code code, String detail, int offset) {
        this(new Refusal(code, detail), offset);
    }

    static MalformedMessageException of(MalformedEncodingException e) {
        return new MalformedMessageException(Code.MALFORMED_MESSAGE, detail(e), e.offset());
    }

    private static String detail(MalformedEncodingException e) {
        var message = e.getMessage();
        return (message == null ? "malformed" : message) + " (at byte " + e.offset() + ")";
    }

    /// Where reading stopped, in bytes from the start of what was read.
    public int offset() {
        return offset;
    }
}
