package io.lockstep.wire;

import io.lockstep.wire.proto.Retry;

/// The retry advice for a refused client; the wire's [Retry] as Java.
public enum RetryAdvice {
    NEVER(Retry.RETRY_NEVER),
    AFTER_REBASE(Retry.RETRY_AFTER_REBASE),
    LATER(Retry.RETRY_LATER),
    TO_LEARN_OUTCOME(Retry.RETRY_TO_LEARN_OUTCOME);

    private final Retry wire;

    RetryAdvice(Retry wire) {
        this.wire = wire;
    }

    public Retry wire() {
        return wire;
    }
}
