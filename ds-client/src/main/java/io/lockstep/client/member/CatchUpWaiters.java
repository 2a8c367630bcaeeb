package io.lockstep.client.member;

import io.lockstep.client.RefusedException;
import io.lockstep.client.ServerRefusal;
import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// What waits until a conversation has followed the log to some point. Each wait ends: its task
/// runs, or it fails because deliveries have ended, or because the point was not reached in time.
/// Confined to the engine thread.
///
/// `ended ≠ null ⇒ nothing waits`
final class CatchUpWaiters {
    private static final class Waiting {
        final BooleanSupplier reached;
        final Runnable task;
        final Consumer<RuntimeException> failed;
        Disposable deadline = Disposables.disposed();

        Waiting(BooleanSupplier reached, Runnable task, Consumer<RuntimeException> failed) {
            this.reached = reached;
            this.task = task;
            this.failed = failed;
        }
    }

    private final List<Waiting> waiting = new ArrayList<>();
    private final Duration within;
    private final BiFunction<Duration, Runnable, Disposable> later;
    private @Nullable RuntimeException ended;

    /// @param within how long a wait may last
    /// @param later runs a task on the engine thread after a time
    CatchUpWaiters(Duration within, BiFunction<Duration, Runnable, Disposable> later) {
        this.within = within;
        this.later = later;
    }

    /// Runs the task at once or when the condition holds after an entry.
    void when(BooleanSupplier reached, Runnable task, Consumer<RuntimeException> failed) {
        var why = ended;
        if (reached.getAsBoolean()) {
            task.run();
        } else if (why != null) {
            failed.accept(why);
        } else {
            var one = new Waiting(reached, task, failed);
            waiting.add(one);
            one.deadline = later.apply(within, () -> giveUp(one));
        }
    }

    private void giveUp(Waiting one) {
        if (waiting.remove(one)) {
            one.failed.accept(
                    new RefusedException(
                            ServerRefusal.ofCode(
                                    Code.UNAVAILABLE.wireName(),
                                    "the log was not followed so far within "
                                            + within.toMillis()
                                            + " ms",
                                    RetryAdvice.LATER)));
        }
    }

    /// Runs the tasks whose condition holds now.
    void changed() {
        for (var one : List.copyOf(waiting)) {
            if (one.reached.getAsBoolean() && waiting.remove(one)) {
                one.deadline.dispose();
                one.task.run();
            }
        }
    }

    /// Deliveries have ended until [#resumed].
    void ended(RuntimeException why) {
        ended = why;
        var all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(one -> {
            one.deadline.dispose();
            one.failed.accept(why);
        });
    }

    void resumed() {
        ended = null;
    }
}
