package io.lockstep.wire.mls;

import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.tls.MalformedEncodingException;

/// The bytes are not the expected MLS structure. The code is [Code#MALFORMED_MESSAGE],
/// [Code#UNSUPPORTED_VERSION], [Code#WRONG_MESSAGE_KIND] or [Code#UNSUPPORTED_CIPHER_SUITE].
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

    /// Where reading stopped, in bytes from the start of the input.
    public int offset() {
        return offset;
    }
}
