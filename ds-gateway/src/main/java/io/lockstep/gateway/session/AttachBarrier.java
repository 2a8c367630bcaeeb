package io.lockstep.gateway.session;

import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// Delays an attach until the session's earlier submissions to the same group are answered. A
/// session's frames about one group take effect in order, so an attach sees what was submitted
/// before it.
///
/// ```
/// waiting attaches = timers ≤ groups with unanswered submissions ≤ submissions in flight
/// ```
final class AttachBarrier {
    /// After this time an attach continues, whatever the state of the submissions. Longer than
    /// look-ups and ordering take to answer one, unknown outcomes included.
    static final Duration WAIT_MAX = Duration.ofSeconds(15);

    /// The number of unanswered submissions, by group; no entry for 0.
    private final Map<GroupId, Integer> counts = new HashMap<>(0);

    private final Map<GroupId, WaitingAttach> waiting = new HashMap<>(0);
    private final SessionIo io;
    private long next;

    AttachBarrier(SessionIo io) {
        this.io = io;
    }

    private static final class WaitingAttach {
        /// The attach waits for submissions with a number below this.
        final long before;

        final Runnable task;

        /// Number of those that are unanswered.
        int left;

        /// Ends the wait.
        Disposable timer = Disposables.disposed();

        WaitingAttach(long before, int left, Runnable task) {
            this.before = before;
            this.left = left;
            this.task = task;
        }
    }

    /// @return the submission's number
    long onSubmitted(GroupId group) {
        counts.merge(group, 1, Integer::sum);
        return next++;
    }

    void onAnswered(GroupId group, long number) {
        int left = counts.getOrDefault(group, 0) - 1;
        if (left > 0) {
            counts.put(group, left);
        } else {
            counts.remove(group);
        }
        var waits = waiting.get(group);
        if (waits != null && number < waits.before && --waits.left == 0) {
            run(group, waits);
        }
    }

    /// Runs the attach when all earlier submissions to the group are answered: at once if there are
    /// none. It replaces an attach of the group that is waiting.
    void attach(GroupId group, Runnable task) {
        int count = counts.getOrDefault(group, 0);
        if (count == 0) {
            cancel(group);
            task.run();
            return;
        }
        cancel(group);
        var waits = new WaitingAttach(next, count, task);
        waiting.put(group, waits);
        assert invariants();
        waits.timer = io.later(WAIT_MAX, () -> run(group, waits));
    }

    /// Cancels the waiting attach of the group without an answer: another attach or a detach came.
    void cancel(GroupId group) {
        var waits = waiting.remove(group);
        if (waits != null) {
            waits.timer.dispose();
        }
    }

    /// The session ends: cancels all waiting attaches.
    void end() {
        waiting.values().forEach(waits -> waits.timer.dispose());
        waiting.clear();
    }

    private boolean invariants() {
        return waiting.size() <= counts.size() && counts.keySet().containsAll(waiting.keySet());
    }

    private void run(GroupId group, WaitingAttach waits) {
        if (waiting.remove(group, waits)) {
            waits.timer.dispose();
            waits.task.run();
        }
    }
}
