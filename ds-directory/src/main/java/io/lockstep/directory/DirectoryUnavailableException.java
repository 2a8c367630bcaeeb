package io.lockstep.directory;

import io.lockstep.log.CallEffect;
import org.jspecify.annotations.Nullable;

/// Thrown when the store of the directory did not execute a request, or when the outcome is
/// unknown: see [#effect].
public final class DirectoryUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final CallEffect effect;

    /// For an unknown effect.
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

    /// Whether the request may have been executed.
    public CallEffect effect() {
        return effect;
    }
}
