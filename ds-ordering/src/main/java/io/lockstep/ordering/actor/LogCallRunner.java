package io.lockstep.ordering.actor;

import io.lockstep.log.CallEffect;
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

/// The calls of an actor to the log: one at a time, each ended exactly once, retried while the log
/// is unavailable and the limits allow.
///
/// While a batch is in progress, exactly one of these holds, so that [#watch] can always resume it:
///
/// ```
/// next ≠ null      a continuation is scheduled, or runs
/// call ≠ null      a call or a pause is in progress; it has a deadline
/// thrown ≠ null    the actor threw, and its recovery threw too: it is tried again
/// ```
///
/// Confined to the group's actor, except [#watch], which is thread-safe.
final class LogCallRunner {
    private static final Logger LOG = LoggerFactory.getLogger(LogCallRunner.class);
    private static final RateLimitedLogger FAILURES = RateLimitedLogger.of(LogCallRunner.class);

    /// A pause whose timer was lost ends this long after its regular end.
    private static final long PAUSE_SLACK_NANOS = 500_000_000;

    private final GroupId group;
    private final ActorContext context;
    private final Runnable onUnreachable;
    private final Consumer<Throwable> fault;
    private final LongSupplier deadline;
    private final PendingBatch waiting;
    private final AtomicReference<@Nullable LogCall<?>> call = new AtomicReference<>();
    private final AtomicReference<@Nullable Runnable> next = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    private final Runnable runNext = this::runNext;
    private final Runnable recovery = this::recover;

    /// The value of `next` at the previous sweep. Confined to the sweep.
    private @Nullable Runnable nextBefore;

    private ActorState step = ActorState.IDLE;
    private boolean troubled;
    private long troubleSinceNanos;
    private boolean refused;
    private long refusedSinceNanos;
    private int retries;

    /// The user of these calls.
    interface PendingBatch {
        /// Answers overdue submissions.
        ///
        /// @return whether any submission still waits
        boolean answerOverdue();

        /// Whether the log may contain entries of the batch in progress.
        boolean isUncertain();
    }

    /// @param onUnreachable called when the log was unavailable for too long
    /// @param fault called with exceptions that only a bug or a lack of memory can cause
    /// @param deadline in nanoseconds of the context's clock: when the first waiting submission
    ///     must be answered
    LogCallRunner(
            GroupId group,
            ActorContext context,
            Runnable onUnreachable,
            Consumer<Throwable> fault,
            LongSupplier deadline,
            PendingBatch waiting) {
        this.group = group;
        this.context = context;
        this.onUnreachable = onUnreachable;
        this.fault = fault;
        this.deadline = deadline;
        this.waiting = waiting;
    }

    ActorState step() {
        return step;
    }

    boolean isTroubled() {
        return troubled;
    }

    void enter(ActorState next, String reason) {
        LOG.trace("group {}: {} -> {}: {}", group, step, next, reason);
        step = next;
    }

    /// Calls the log and continues when it has answered. Does not call it after the first deadline
    /// has passed.
    ///
    /// @param then receives the answer; empty when there is none
    /// @param otherwise receives the error when the log was unavailable
    <T> void ask(
            ActorState waitingIn,
            String reason,
            Supplier<Mono<T>> query,
            Consumer<Optional<T>> then,
            Consumer<LogUnavailableException> otherwise) {
        enter(waitingIn, reason);
        long now = context.monotonic().nanos();
        long timeLimitNanos = Math.clamp(deadline.getAsLong() - now, 0, callNanosMax());
        var asked =
                new LogCall<T>(
                        now + timeLimitNanos,
                        (self, outcome) -> {
                            if (call.get() == self) {
                                run(() -> resume(self, outcome, then, otherwise));
                            }
                        });
        call.set(asked);
        if (timeLimitNanos == 0) {
            asked.onError(
                    new LogUnavailableException(
                            "no time left for a call", group, CallEffect.NOT_EXECUTED, null));
            return;
        }
        try {
            query.get().subscribe(asked);
        } catch (Throwable e) {
            asked.onError(e);
        }
    }

    private long callNanosMax() {
        return context.limits().callTimeout().toNanos();
    }

    private <T> void resume(
            LogCall<T> ended,
            LogCall.CallResult<T> outcome,
            Consumer<Optional<T>> then,
            Consumer<LogUnavailableException> otherwise) {
        if (!call.compareAndSet(ended, null)) {
            return; // a fault has ended its batch
        }
        switch (outcome) {
            case LogCall.CallResult.Answered<T>(var value) -> then.accept(value);
            case LogCall.CallResult.Failed<T>(LogUnavailableException error) ->
                    otherwise.accept(error);
            case LogCall.CallResult.Failed<T>(var error) -> fault.accept(error);
        }
    }

    /// The log did not execute the call: retries it after a pause, while the limits allow and a
    /// submission waits.
    void again(LogUnavailableException error, Runnable retry) {
        long now = context.monotonic().nanos();
        if (!troubled) {
            troubled = true;
            troubleSinceNanos = now;
            FAILURES.warn(
                    "group {}: the log did not answer while {}: {}", group, step, error.toString());
        }
        if (now - troubleSinceNanos >= context.limits().unreachableAfter().toNanos()
                || isRefusedForLong(error, now)) {
            onUnreachable.run();
            return;
        }
        if (!waiting.answerOverdue()) {
            return;
        }
        long remaining = Math.max(1, (deadline.getAsLong() - now) / 1_000_000);
        pause(
                Math.min(remaining, context.pauseMillis(retries++)),
                "not executed",
                () -> {
                    if (waiting.answerOverdue()) {
                        retry.run();
                    }
                });
    }

    /// Whether more tries within the limits are useless. Entries that may be in the log are looked
    /// for as long as the limits allow.
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

    /// Continues after a pause.
    void pause(long millis, String reason, Runnable then) {
        enter(ActorState.PAUSING, reason);
        long over = context.monotonic().nanos() + millis * 1_000_000;
        var pause =
                new LogCall<Void>(
                        over + PAUSE_SLACK_NANOS,
                        (self, _) -> {
                            if (call.get() == self) {
                                run(() -> resume(self, then));
                            }
                        });
        call.set(pause);
        if (!context.runAfter(millis, pause::onComplete)) {
            call.set(null);
            onUnreachable.run();
        }
    }

    private void resume(LogCall<Void> pause, Runnable then) {
        if (call.compareAndSet(pause, null)) {
            then.run();
        }
    }

    /// The batch is finished: its failures do not count against the next one.
    void calm() {
        troubled = false;
        refused = false;
        retries = 0;
    }

    /// Ends calls that waited too long, and schedules lost continuations again. Called by one
    /// thread at a time.
    void watch(long nowNanos) {
        var asked = call.get();
        if (asked != null && asked.isOverdue(nowNanos)) {
            asked.expire(new LogUnavailableException("no answer in time", group, null));
        }
        if (thrown.get() != null) {
            context.run(recovery);
        }
        var nextNow = next.get();
        if (nextNow != null && nextNow.equals(nextBefore)) {
            context.run(runNext);
        }
        nextBefore = nextNow;
    }

    /// Runs the actor's next task on the scheduler.
    void run(Runnable work) {
        next.set(work);
        context.run(runNext);
    }

    private void runNext() {
        var work = next.getAndSet(null);
        if (work != null) {
            guarded(work);
        }
    }

    /// An exception of the task ends the batch, not the actor.
    void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            thrown.set(e);
            recover();
        }
    }

    /// If this throws too, most likely for lack of memory, the next [#watch] repeats it.
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
