package io.lockstep.wire;

/// A refusal thrown to the caller who answers it. An expected outcome of reading what others sent, so
/// it is cheap: it has no stack trace. Its message is the refusal's detail.
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

    /// For the client to read.
    public final String detail() {
        return refusal.detail();
    }
}
