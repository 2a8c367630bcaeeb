package io.lockstep.redis;

import org.jspecify.annotations.Nullable;

/// Thrown for a value in Redis that this deployment did not seal, or that was changed or moved.
public final class UnsealableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnsealableException(String purpose, @Nullable Throwable cause) {
        super("cannot open a sealed value: " + purpose, cause);
    }
}
