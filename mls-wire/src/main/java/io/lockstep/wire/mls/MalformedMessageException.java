package io.lockstep.wire.mls;

import io.lockstep.wire.Code;
import io.lockstep.wire.tls.MalformedEncodingException;

/// The bytes are not the MLS structure that is due. An expected outcome of reading what a client
/// sent, so it is cheap: it has no stack trace. Its message never quotes content.
public final class MalformedMessageException extends Exception {
    private final Code code;
    private final int offset;

    MalformedMessageException(Code code, String detail, int offset) {
        super(detail, null, false, false);
        this.code = code;
        this.offset = offset;
    }

    static MalformedMessageException of(MalformedEncodingException e) {
        return new MalformedMessageException(Code.MALFORMED_MESSAGE, detail(e), e.offset());
    }

    private static String detail(MalformedEncodingException e) {
        var message = e.getMessage();
        return (message == null ? "malformed" : message) + " (at byte " + e.offset() + ")";
    }

    /// [Code#MALFORMED_MESSAGE], [Code#UNSUPPORTED_VERSION], [Code#WRONG_MESSAGE_KIND] or
    /// [Code#UNSUPPORTED_CIPHER_SUITE].
    public Code code() {
        return code;
    }

    /// Where reading stopped, in bytes from the start of what was read.
    public int offset() {
        return offset;
    }

    /// For the client to read; [#getMessage] that cannot be null.
    public String detail() {
        var message = getMessage();
        return message == null ? code.meaning() : message;
    }
}
