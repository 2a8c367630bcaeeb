package io.lockstep.wire;

/// A refusal thrown to the caller that answers it. This is an expected outcome of decoding bytes
/// from a peer, so the exception is cheap: it has no stack trace. Its message is the refusal's
/// detail.
public class RefusalException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    public RefusalException(Refusal refusal) {
        super(refusal.detail(), null, false, false);
        this.refusal = refusal;
    }

    public RefusalException(Code code, String detail) {
        this(new Refusal(code, detail));
    }

    public final Refusal refusal() {
        return refusal;
    }

    public final Code code() {
        return refusal.code();
    }

    /// The detail for the client.
    public final String detail() {
        return refusal.detail();
    }
}
