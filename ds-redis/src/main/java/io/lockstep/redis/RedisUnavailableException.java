package io.lockstep.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import io.lockstep.log.CallEffect;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/// The exception for a command that Redis did not execute, or whose outcome is unknown. It is the
/// only exception that a [PipelinedConnection] emits.
public final class RedisUnavailableException extends RedisException {
    private static final long serialVersionUID = 1L;

    private final FailureCause failureCause;
    private final CallEffect effect;

    RedisUnavailableException(
            FailureCause failureCause, CallEffect effect, @Nullable Throwable cause) {
        super(message(failureCause, cause), cause);
        this.failureCause = failureCause;
        this.effect = effect;
    }

    /// No stack trace: the exception is a value, and the place where it was created is irrelevant.
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    private static String message(FailureCause failureCause, @Nullable Throwable cause) {
        var detail = cause == null ? null : cause.getMessage();
        return detail == null ? failureCause.text() : failureCause.text() + " (" + detail + ")";
    }

    /// For a command that was never sent.
    static RedisUnavailableException notSent(FailureCause failureCause, @Nullable Throwable cause) {
        return new RedisUnavailableException(failureCause, CallEffect.NOT_EXECUTED, cause);
    }

    /// For a script that found another store than the one that its caller knows.
    public static RedisUnavailableException anotherStore() {
        return notSent(FailureCause.ANOTHER_STORE, null);
    }

    /// For a command that was sent and failed.
    static RedisUnavailableException of(Throwable failure) {
        return switch (failure) {
            case RedisUnavailableException known -> known;
            case RedisCommandExecutionException error -> {
                var reply = String.valueOf(error.getMessage());
                yield new RedisUnavailableException(
                        FailureCause.ofReply(reply), FailureCause.effectOfReply(reply), error);
            }
            case RedisCommandTimeoutException late ->
                    new RedisUnavailableException(FailureCause.TIMED_OUT, CallEffect.UNKNOWN, late);
            case IOException broken ->
                    new RedisUnavailableException(FailureCause.BROKEN, CallEffect.UNKNOWN, broken);
            default ->
                    new RedisUnavailableException(FailureCause.BROKEN, CallEffect.UNKNOWN, failure);
        };
    }

    public FailureCause failureCause() {
        return failureCause;
    }

    /// Whether the command may have been executed.
    public CallEffect effect() {
        return effect;
    }

    /// Finds the failure of Redis in a Throwable. An operator that sends several commands at once
    /// joins their failures: the effect of the joined failure is unknown unless all of them
    /// executed nothing.
    public static Optional<RedisUnavailableException> in(Throwable failure) {
        if (failure instanceof RedisUnavailableException one) {
            return Optional.of(one);
        }
        if (!Exceptions.isMultiple(failure)) {
            return Optional.empty();
        }
        RedisUnavailableException found = null;
        for (var part : Exceptions.unwrapMultiple(failure)) {
            var one = in(part);
            if (one.isEmpty()) {
                return Optional.empty();
            }
            if (found == null || one.get().effect() == CallEffect.UNKNOWN) {
                found = one.get();
            }
        }
        return Optional.ofNullable(found);
    }

    /// Translates a failure of Redis to the exception of the caller's port. Any other exception is
    /// returned unchanged.
    public static Throwable translated(
            Throwable failure, BiFunction<CallEffect, Throwable, ? extends Throwable> words) {
        var found = in(failure);
        return found.isPresent() ? words.apply(found.get().effect(), found.get()) : failure;
    }
}
