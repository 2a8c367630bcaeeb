package io.lockstep.directory;

import io.lockstep.log.CallEffect;
import org.jspecify.annotations.Nullable;

/// The directory's store did not do what it was asked, or did not say whether it did: [#effect] tells
/// which.
public final class DirectoryUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final CallEffect effect;

    /// Of unknown effect.
    public DirectoryUnavailableException(String what, @Nullable Throwable cause) {
        this(what, CallEffect.UNKNOWN, cause);
    }

    public DirectoryUnavailableException(
            String what, CallEffect effect, @Nullable Throwable cause) {
        super(
                what
                        + (effect == CallEffect.NOT_EXECUTED ? ", not executed" : "")
                        + (cause == null || cause.getMessage() == null
                                ? ""
                                : ": " + cause.getMessage()),
                cause);
        this.effect = effect;
    }

    /// Whether what was asked may have happened.
    public CallEffect effect() {
        return effect;
    }
}
