package io.lockstep.ordering.actor;

import io.lockstep.log.Effect;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// How an actor talks to the log: one call at a time, each ended exactly once, tried again while the log
/// cannot be reached and the limits allow.
///
/// While a batch is at work, exactly one of these holds, so that [#watch] always finds a way on:
///
/// ```
/// due ≠ null       a continuation is scheduled, or runs
/// call ≠ null      a call, or a pause, is waited for; it has a deadline
/// thrown ≠ null    the actor threw, and even its own recovery did: it is tried again
/// ```
///
/// Confined to the group's actor, but for [#watch], which is thread-safe.
final class LogCalls {
    private static final Logger LOG = LoggerFactory.getLogger(LogCalls.class);
    private static final RateLimitedLogger TROUBLE = RateLimitedLogger.of(LogCalls.class);

    /// A pause whose timer got lost ends so long after it was due.
    private static final long PAUSE_SLACK_NANOS = 500_000_000;

    private final GroupId group;
    private final Desk desk;
    private final Runnable giveUp;
    private final Consumer<Throwable> fault;
    private final LongSupplier deadline;
    private final Waiting waiting;
    private final AtomicReference<@Nullable LogCall<?>> call = new AtomicReference<>();
    private final AtomicReference<@Nullable Runnable> due = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    private final Runnable turn = this::turn;
    private final Runnable recovery = this::recover;

    /// What was due when the sweep before this one looked. Confined to the sweep.
    private @Nullable Runnable dueBefore;

    private Step step = Step.RESTING;
    private boolean troubled;
    private long troubleSinceNanos;
    private boolean refused;
    private long refusedSinceNanos;
    private int retries;

    /// Those who wait for the answers.
    interface Waiting {
        /// Answers who has waited too long.
        ///
        /// @return whether anybody still waits
        boolean answerOverdue();

        /// Whether the log may hold something of what is at work.
        boolean isUncertain();
    }

    /// @param giveUp what to do when the log was out of reach for too long
    /// @param fault what to do about what only a bug, or want of memory, can throw
    /// @param deadline in nanoseconds of the desk's clock: when the first of those who wait must be answered
    LogCalls(
            GroupId group,
            Desk desk,
            Runnable giveUp,
            Consumer<Throwable> fault,
            LongSupplier deadline,
            Waiting waiting) {
        this.group = group;
        this.desk = desk;
        this.giveUp = giveUp;
        this.fault = fault;
        this.deadline = deadline;
        this.waiting = waiting;
    }

    Step step() {
        return step;
    }

    boolean isTroubled() {
        return troubled;
    }

    void enter(Step next, String reason) {
        LOG.trace("group {}: {} -> {}: {}", group, step, next, reason);
        step = next;
    }

    /// Asks the log and goes on when it has answered. Asks nothing once the first deadline has passed.
    ///
    /// @param then takes the answer; empty where there is none to give
    /// @param otherwise takes the error when the log could not be reached
    <T> void ask(
            Step waitingIn,
            String reason,
            Supplier<Mono<T>> question,
            Consumer<Optional<T>> then,
            Consumer<LogUnavailableException> otherwise) {
        enter(waitingIn, reason);
        long now = desk.monotonic().nanos();
        long patience = Math.clamp(deadline.getAsLong() - now, 0, callNanosMax());
        var asked =
                new LogCall<T>(
                        now + patience,
                        (self, outcome) -> {
                            if (call.get() == self) {
                                run(() -> resume(self, outcome, then, otherwise));
                            }
                        });
        call.set(asked);
        if (patience == 0) {
            asked.onError(
                    new LogUnavailableException(
                            "no time is left to ask", group, Effect.NOT_EXECUTED, null));
            return;
        }
        try {
            question.get().subscribe(asked);
        } catch (Throwable e) {
            asked.onError(e);
        }
    }

    private long callNanosMax() {
        return desk.limits().callTimeout().toNanos();
    }

    private <T> void resume(
            LogCall<T> ended,
            LogCall.Outcome<T> outcome,
            Consumer<Optional<T>> then,
            Consumer<LogUnavailableException> otherwise) {
        if (!call.compareAndSet(ended, null)) {
            return; // its batch has ended by a fault
        }
        switch (outcome) {
            case LogCall.Outcome.Answered<T>(var value) -> then.accept(value);
            case LogCall.Outcome.Failed<T>(LogUnavailableException error) ->
                    otherwise.accept(error);
            case LogCall.Outcome.Failed<T>(var error) -> fault.accept(error);
        }
    }

    /// The log did not do it: try again after a pause, as long as the limits say and somebody waits.
    void again(LogUnavailableException error, Runnable retry) {
        long now = desk.monotonic().nanos();
        if (!troubled) {
            troubled = true;
            troubleSinceNanos = now;
            TROUBLE.warn(
                    "group {}: no answer from the log while {}: {}", group, step, error.toString());
        }
        if (now - troubleSinceNanos >= desk.limits().unreachableAfter().toNanos()
                || isRefusedForLong(error, now)) {
            giveUp.run();
            return;
        }
        if (!waiting.answerOverdue()) {
            return;
        }
        long left = Math.max(1, (deadline.getAsLong() - now) / 1_000_000);
        pause(
                Math.min(left, desk.pauseMillis(retries++)),
                "the log did not do it",
                () -> {
                    if (waiting.answerOverdue()) {
                        retry.run();
                    }
                });
    }

    /// Whether more tries within the limits are in vain. What may be in the log is looked for as long as
    /// they allow.
    private boolean isRefusedForLong(LogUnavailableException error, long now) {
        if (!error.isLasting()) {
            refused = false;
            return false;
        }
        if (!refused) {
            refused = true;
            refusedSinceNanos = now;
        }
        return now - refusedSinceNanos >= OrderingLimits.REFUSED_MAX.toNanos()
                && !waiting.isUncertain();
    }

    /// Goes on after a while.
    void pause(long millis, String reason, Runnable then) {
        enter(Step.PAUSING, reason);
        long over = desk.monotonic().nanos() + millis * 1_000_000;
        var pause =
                new LogCall<Void>(
                        over + PAUSE_SLACK_NANOS,
                        (self, _) -> {
                            if (call.get() == self) {
                                run(() -> resume(self, then));
                            }
                        });
        call.set(pause);
        if (!desk.runAfter(millis, pause::onComplete)) {
            call.set(null);
            giveUp.run();
        }
    }

    private void resume(LogCall<Void> pause, Runnable then) {
        if (call.compareAndSet(pause, null)) {
            then.run();
        }
    }

    /// The batch is through: what troubled it does not count against the next.
    void calm() {
        troubled = false;
        refused = false;
        retries = 0;
    }

    /// Ends what has waited too long, and schedules anew what the scheduler lost. Called by one thread at a time.
    void watch(long nowNanos) {
        var asked = call.get();
        if (asked != null && asked.isOverdue(nowNanos)) {
            asked.expire(new LogUnavailableException("no answer in time", group, null));
        }
        if (thrown.get() != null) {
            desk.run(recovery);
        }
        var dueNow = due.get();
        if (dueNow != null && dueNow.equals(dueBefore)) {
            desk.run(turn);
        }
        dueBefore = dueNow;
    }

    /// Runs the actor's next work on the scheduler.
    void run(Runnable work) {
        due.set(work);
        desk.run(turn);
    }

    private void turn() {
        var work = due.getAndSet(null);
        if (work != null) {
            guarded(work);
        }
    }

    /// Whatever it throws ends the batch, not the actor.
    void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            thrown.set(e);
            recover();
        }
    }

    /// Where this throws too, most likely for want of memory, the next [#watch] does it again.
    private void recover() {
        var error = thrown.getAndSet(null);
        if (error == null) {
            return;
        }
        try {
            call.set(null);
            fault.accept(error);
        } catch (Throwable again) {
            thrown.set(error);
        }
    }
}
