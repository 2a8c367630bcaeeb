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

/// Redis did not do what it was asked, or did not say whether it did: the only exception that leaves a
/// [PipelinedConnection].
public final class RedisUnavailableException extends RedisException {
    private static final long serialVersionUID = 1L;

    private final FailureCause trouble;
    private final CallEffect effect;

    RedisUnavailableException(FailureCause trouble, CallEffect effect, @Nullable Throwable cause) {
        super(message(trouble, cause), cause);
        this.trouble = trouble;
        this.effect = effect;
    }

    /// It is a value more than a fault: where it was made tells nothing.
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    private static String message(FailureCause trouble, @Nullable Throwable cause) {
        var detail = cause == null ? null : cause.getMessage();
        return detail == null ? trouble.text() : trouble.text() + " (" + detail + ")";
    }

    /// What was never sent.
    static RedisUnavailableException notSent(FailureCause trouble, @Nullable Throwable cause) {
        return new RedisUnavailableException(trouble, CallEffect.NOT_EXECUTED, cause);
    }

    /// A script has found that this is not the store that its caller knows.
    public static RedisUnavailableException anotherStore() {
        return notSent(FailureCause.ANOTHER_STORE, null);
    }

    /// How a command that was sent failed.
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

    public FailureCause trouble() {
        return trouble;
    }

    /// Whether what was asked may have happened.
    public CallEffect effect() {
        return effect;
    }

    /// The failure of Redis that this is, or that is in it: operators that ask several things at once join their
    /// failures. Of several, the effect is unknown unless all tell that nothing happened.
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

    /// The failure in the words of whoever asked; what is no failure of Redis stays as it is.
    public static Throwable translated(
            Throwable failure, BiFunction<CallEffect, Throwable, ? extends Throwable> words) {
        var found = in(failure);
        return found.isPresent() ? words.apply(found.get().effect(), found.get()) : failure;
    }
}
