package io.lockstep.redis;

import org.jspecify.annotations.Nullable;

/// Thrown when a sealed value from Redis cannot be opened: it was changed, or this deployment did
/// not seal it for this purpose.
public final class BrokenSealException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BrokenSealException(String purpose, @Nullable Throwable cause) {
        super("cannot open a sealed value: " + purpose, cause);
    }
}
