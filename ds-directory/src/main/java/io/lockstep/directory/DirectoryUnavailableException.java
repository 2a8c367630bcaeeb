package io.lockstep.directory;

import io.lockstep.log.Effect;
import org.jspecify.annotations.Nullable;

/// The directory's store did not do what it was asked, or did not say whether it did: [#effect] tells
/// which.
public final class DirectoryUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Effect effect;

    /// Of unknown effect.
    public DirectoryUnavailableException(String what, @Nullable Throwable cause) {
        this(what, Effect.UNKNOWN, cause);
    }

    public DirectoryUnavailableException(String what, Effect effect, @Nullable Throwable cause) {
        super(
                what
                        + (effect == Effect.NOT_EXECUTED ? ", not executed" : "")
                        + (cause == null || cause.getMessage() == null
                                ? ""
                                : ": " + cause.getMessage()),
                cause);
        this.effect = effect;
    }

    /// Whether what was asked may have happened.
    public Effect effect() {
        return effect;
    }
}
