package io.lockstep.wire.tls;

/// The bytes are not what the presentation language allows at this place. An expected outcome of
/// reading what others sent, so it is cheap: it has no stack trace.
public final class MalformedEncodingException extends Exception {
    private final int offset;

    /// @param offset from the start of what is read, in bytes
    public MalformedEncodingException(String detail, int offset) {
        super(detail, null, false, false);
        this.offset = offset;
    }

    /// Where reading stopped, from the start of what was read, in bytes.
    public int offset() {
        return offset;
    }
}
