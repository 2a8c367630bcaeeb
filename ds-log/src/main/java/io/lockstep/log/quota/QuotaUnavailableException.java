package io.lockstep.log.quota;

import io.lockstep.log.CallEffect;
import org.jspecify.annotations.Nullable;

/// The store did not charge an account, or did not report whether it did: [#effect] states which.
public final class QuotaUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final CallEffect effect;

    public QuotaUnavailableException(CallEffect effect, @Nullable Throwable cause) {
        super("an account was not charged: " + cause, cause);
        this.effect = effect;
    }

    /// Whether the charge may have been executed.
    public CallEffect effect() {
        return effect;
    }
}
