package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import org.jspecify.annotations.Nullable;

/// The store did not do what it was asked, or did not say whether it did: [#effect] tells which.
public final class LogUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Effect effect;

    /// Of unknown effect.
    public LogUnavailableException(String what, GroupId group, @Nullable Throwable cause) {
        this(what, group, Effect.UNKNOWN, cause);
    }

    public LogUnavailableException(
            String what, GroupId group, Effect effect, @Nullable Throwable cause) {
        super(
                what
                        + ", group "
                        + group
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
