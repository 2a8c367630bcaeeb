package io.lockstep.client;

import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;

/// Signals that the server refused a request; [#refusal] gives the reason.
///
/// ```java
/// client.commit(bundle).onErrorResume(RefusedException.class, e ->
///         e.code().equals("epoch_conflict") ? rebaseAndCommit() : Mono.error(e));
/// ```
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient ServerRefusal refusal;
    private final boolean outcomeUnknown;

    public RefusedException(ServerRefusal refusal) {
        this(refusal, refusal.retry() == RetryAdvice.TO_LEARN_OUTCOME);
    }

    /// @param outcomeUnknown whether an earlier attempt with the same bytes has an unknown outcome
    RefusedException(ServerRefusal refusal, boolean outcomeUnknown) {
        // A refusal is an answer, not a fault: no stack trace.
        super(refusal.code() + ": " + refusal.detail(), null, false, false);
        this.refusal = refusal;
        this.outcomeUnknown = outcomeUnknown;
    }

    /// Whether the submission may have been accepted despite this refusal. That is so if an attempt
    /// got no answer or `outcome_unknown`, and the last refusal does not tell its outcome. The log
    /// tells it.
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }

    public ServerRefusal refusal() {
        return refusal;
    }

    public String code() {
        return refusal.code();
    }

    /// Whether the server refused the request with this code.
    public boolean is(Code reason) {
        return refusal.is(reason);
    }
}
