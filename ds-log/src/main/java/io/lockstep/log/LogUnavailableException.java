package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import org.jspecify.annotations.Nullable;

/// The store did not do what it was asked, or did not say whether it did: [#effect] tells which.
public final class LogUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Effect effect;
    private final boolean lasting;

    /// Of unknown effect.
    public LogUnavailableException(String what, GroupId group, @Nullable Throwable cause) {
        this(what, group, Effect.UNKNOWN, cause);
    }

    public LogUnavailableException(
            String what, GroupId group, Effect effect, @Nullable Throwable cause) {
        this(what, group, effect, false, cause);
    }

    private LogUnavailableException(
            String what, GroupId group, Effect effect, boolean lasting, @Nullable Throwable cause) {
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
        this.lasting = lasting;
    }

    /// The store executed nothing, for a reason that does not pass within moments: it is full, read-only,
    /// not verified, or refuses this node.
    public static LogUnavailableException lasting(
            String what, GroupId group, @Nullable Throwable cause) {
        return new LogUnavailableException(what, group, Effect.NOT_EXECUTED, true, cause);
    }

    /// Whether what was asked may have happened.
    public Effect effect() {
        return effect;
    }

    /// Whether the next try within moments most likely fails, too. Then the effect is
    /// [Effect#NOT_EXECUTED].
    public boolean isLasting() {
        return lasting;
    }
}
