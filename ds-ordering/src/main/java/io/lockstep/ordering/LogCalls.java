package io.lockstep.ordering;

import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.RateLimitedLogger;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// How an actor talks to the log: one call at a time, each ended exactly once, tried again while the log
/// cannot be reached and the limits allow.
///
/// Confined to the group's actor, but for [#watch], which is thread-safe.
final class LogCalls {
    private static final Logger LOG = LoggerFactory.getLogger(LogCalls.class);
    private static final RateLimitedLogger TROUBLE = RateLimitedLogger.of(LogCalls.class);
    private static final long NO_TROUBLE = Long.MIN_VALUE;

    private final GroupId group;
    private final Desk desk;
    private final Runnable giveUp;
    private final Consumer<Throwable> fault;
    private final AtomicReference<@Nullable LogCall<?>> call = new AtomicReference<>();
    private Step step = Step.RESTING;
    private long troubleSinceMillis = NO_TROUBLE;
    private int retries;

    /// @param giveUp what to do when the log was out of reach for too long
    /// @param fault what to do about an exception that only a bug can cause
    LogCalls(GroupId group, Desk desk, Runnable giveUp, Consumer<Throwable> fault) {
        this.group = group;
        this.desk = desk;
        this.giveUp = giveUp;
        this.fault = fault;
    }

    Step step() {
        return step;
    }

    void enter(Step next, String reason) {
        LOG.trace("group {}: {} -> {}: {}", group, step, next, reason);
        step = next;
    }

    /// Asks the log and goes on when it has answered.
    ///
    /// @param then takes the answer; empty where there is none to give
    /// @param otherwise takes the error when the log could not be reached
    <T> void ask(
            Step waitingIn,
            String reason,
            Supplier<Mono<T>> question,
            Consumer<Optional<T>> then,
            Consumer<Throwable> otherwise) {
        enter(waitingIn, reason);
        var asked =
                new LogCall<T>(
                        desk.clock().millis(),
                        outcome -> run(() -> resume(outcome, then, otherwise)));
        call.set(asked);
        try {
            question.get().subscribe(asked);
        } catch (RuntimeException e) {
            asked.onError(e);
        }
    }

    private <T> void resume(
            LogCall.Outcome<T> outcome, Consumer<Optional<T>> then, Consumer<Throwable> otherwise) {
        call.set(null);
        switch (outcome) {
            case LogCall.Outcome.Answered<T>(var value) -> then.accept(value);
            case LogCall.Outcome.Failed<T>(var error)
                    when error instanceof LogUnavailableException ->
                    otherwise.accept(error);
            case LogCall.Outcome.Failed<T>(var error) -> fault.accept(error);
        }
    }

    /// The log did not answer: try again after a pause, as long as the limits say.
    void again(Throwable error, Runnable retry) {
        long now = desk.clock().millis();
        if (troubleSinceMillis == NO_TROUBLE) {
            troubleSinceMillis = now;
            TROUBLE.warn(
                    "group {}: no answer from the log while {}: {}", group, step, error.toString());
        }
        if (now - troubleSinceMillis >= desk.limits().unreachableAfter().toMillis()) {
            giveUp.run();
            return;
        }
        enter(Step.PAUSING, "the log did not answer");
        desk.runAfter(desk.pauseMillis(retries++), () -> guarded(retry));
    }

    /// The batch is through: what troubled it does not count against the next.
    void calm() {
        troubleSinceMillis = NO_TROUBLE;
        retries = 0;
    }

    /// Gives up a call that has waited too long.
    void watch(long nowMillis) {
        var waiting = call.get();
        if (waiting != null
                && nowMillis - waiting.startedMillis() > desk.limits().callTimeout().toMillis()) {
            waiting.expire(new LogUnavailableException("no answer in time", group, null));
        }
    }

    /// Runs the actor's work on the scheduler.
    void run(Runnable work) {
        desk.run(() -> guarded(work));
    }

    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            fault.accept(e);
        }
    }
}
