package io.lockstep.ordering.actor;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/// One call to the log. It ends exactly once: with its answer, its error, or a time-out.
///
/// Threads: *thread-safe*; the thread that ends the call runs the continuation.
final class LogCall<T> implements CoreSubscriber<T> {
    /// The result of a call. An answer may be empty.
    sealed interface CallResult<T> {
        record Answered<T>(Optional<T> value) implements CallResult<T> {}

        record Failed<T>(Throwable error) implements CallResult<T> {}
    }

    interface Continuation<T> {
        void ended(LogCall<T> call, CallResult<T> outcome);
    }

    private final long deadlineNanos;
    private final Continuation<T> continuation;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile @Nullable Subscription subscription;

    /// The outcome that the continuation has not processed, because it threw.
    private volatile @Nullable CallResult<T> undelivered;

    LogCall(long deadlineNanos, Continuation<T> continuation) {
        this.deadlineNanos = deadlineNanos;
        this.continuation = continuation;
    }

    boolean isOverdue(long nowNanos) {
        return nowNanos - deadlineNanos > 0;
    }

    @Override
    public void onSubscribe(Subscription s) {
        subscription = s;
        s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T value) {
        end(new CallResult.Answered<>(Optional.of(value)));
    }

    @Override
    public void onComplete() {
        end(new CallResult.Answered<>(Optional.empty()));
    }

    @Override
    public void onError(Throwable error) {
        end(new CallResult.Failed<>(error));
    }

    /// Gives up the call; its operation may still happen. If the call has ended and the
    /// continuation threw, runs the continuation again.
    void expire(RuntimeException why) {
        var s = subscription;
        if (end(new CallResult.Failed<>(why)) && s != null) {
            s.cancel();
            return;
        }
        var again = undelivered;
        if (again != null) {
            deliver(again);
        }
    }

    private boolean end(CallResult<T> outcome) {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        deliver(outcome);
        return true;
    }

    private void deliver(CallResult<T> outcome) {
        undelivered = outcome;
        continuation.ended(this, outcome);
        undelivered = null;
    }
}
