package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import org.jspecify.annotations.Nullable;

/// The store did not execute a call, or did not report whether it did: [#effect] states which.
public final class LogUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final CallEffect effect;
    private final boolean lasting;

    /// An exception with an unknown effect.
    public LogUnavailableException(String what, GroupId group, @Nullable Throwable cause) {
        this(what, group, CallEffect.UNKNOWN, cause);
    }

    public LogUnavailableException(
            String what, GroupId group, CallEffect effect, @Nullable Throwable cause) {
        this(what, group, effect, false, cause);
    }

    private LogUnavailableException(
            String what,
            GroupId group,
            CallEffect effect,
            boolean lasting,
            @Nullable Throwable cause) {
        super(
                what
                        + ", group "
                        + group
                        + (effect == CallEffect.NOT_EXECUTED ? ", not executed" : "")
                        + (cause == null || cause.getMessage() == null
                                ? ""
                                : ": " + cause.getMessage()),
                cause);
        this.effect = effect;
        this.lasting = lasting;
    }

    /// The store executed nothing, for a lasting reason: it is full, read-only, not verified, or
    /// refuses this node.
    public static LogUnavailableException lasting(
            String what, GroupId group, @Nullable Throwable cause) {
        return new LogUnavailableException(what, group, CallEffect.NOT_EXECUTED, true, cause);
    }

    /// Whether the call may have been executed.
    public CallEffect effect() {
        return effect;
    }

    /// Whether an immediate retry most likely fails too. Then the effect is
    /// [CallEffect#NOT_EXECUTED].
    public boolean isLasting() {
        return lasting;
    }
}
