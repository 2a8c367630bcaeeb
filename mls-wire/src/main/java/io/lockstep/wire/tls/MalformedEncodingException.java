package io.lockstep.wire.tls;

/// The bytes violate the presentation language. This is an expected outcome of decoding bytes from
/// a peer, so the exception is cheap: it has no stack trace.
public final class MalformedEncodingException extends Exception {
    private final int offset;

    /// @param offset in bytes from the start of the input
    public MalformedEncodingException(String detail, int offset) {
        super(detail, null, false, false);
        this.offset = offset;
    }

    /// Where reading stopped, in bytes from the start of the input.
    public int offset() {
        return offset;
    }
}
