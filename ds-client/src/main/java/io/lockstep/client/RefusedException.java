package io.lockstep.client;

import io.lockstep.wire.Code;
import io.lockstep.wire.RetryClass;

/// The server refused a request; [#refusal] says why.
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient ServerRefusal refusal;
    private final boolean outcomeUnknown;

    public RefusedException(ServerRefusal refusal) {
        this(refusal, refusal.retry() == RetryClass.TO_LEARN_OUTCOME);
    }

    /// @param outcomeUnknown of an earlier attempt with the same bytes
    RefusedException(ServerRefusal refusal, boolean outcomeUnknown) {
        // A refusal is an answer, not a fault: no stack trace.
        super(refusal.code() + ": " + refusal.detail(), null, false, false);
        this.refusal = refusal;
        this.outcomeUnknown = outcomeUnknown;
    }

    /// Whether a submission may have been accepted although this is its answer: an attempt got none, or
    /// `outcome_unknown`, and what the last one was refused for does not tell. The log tells.
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }

    public ServerRefusal refusal() {
        return refusal;
    }

    public String code() {
        return refusal.code();
    }

    /// Whether the server refused it for this reason.
    public boolean is(Code reason) {
        return refusal.is(reason);
    }
}
