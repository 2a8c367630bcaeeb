package io.lockstep.gateway.session;

import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// What one session submitted and has no answer to, by group, and the attaches that wait for these answers:
/// a session's frames about one group take effect in their order, so an attach sees what was submitted before
/// it.
///
/// ```
/// waiting attaches = timers ≤ groups with unanswered submissions ≤ submissions in flight
/// ```
final class AttachBarrier {
    /// An attach that waited so long goes on, whatever became of the submissions. Longer than ordering and
    /// look-ups take to answer one, outcomes that stay unknown included.
    static final Duration WAIT_MAX = Duration.ofSeconds(15);

    /// Groups with unanswered submissions, and how many.
    private final Map<GroupId, Integer> counts = new HashMap<>(0);

    private final Map<GroupId, WaitingAttach> waiting = new HashMap<>(0);
    private final SessionIo sink;
    private long next;

    AttachBarrier(SessionIo sink) {
        this.sink = sink;
    }

    private static final class WaitingAttach {
        /// Submissions numbered below this were there before it.
        final long before;

        final Runnable task;

        /// Of those, how many are unanswered.
        int left;

        /// The end of its waiting.
        Disposable timer = Disposables.disposed();

        WaitingAttach(long before, int left, Runnable task) {
            this.before = before;
            this.left = left;
            this.task = task;
        }
    }

    /// @return the submission's number
    long begins(GroupId group) {
        counts.merge(group, 1, Integer::sum);
        return next++;
    }

    void ends(GroupId group, long number) {
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

    /// Runs the attach when all that was submitted to the group so far is answered: at once if it is. It takes
    /// the place of one that waits.
    void attach(GroupId group, Runnable task) {
        int count = counts.getOrDefault(group, 0);
        if (count == 0) {
            overtaken(group);
            task.run();
            return;
        }
        overtaken(group);
        var waits = new WaitingAttach(next, count, task);
        waiting.put(group, waits);
        waits.timer = sink.later(WAIT_MAX, () -> run(group, waits));
    }

    /// Another attach or a detach of the group came: the one that waits has no answer.
    void overtaken(GroupId group) {
        var waits = waiting.remove(group);
        if (waits != null) {
            waits.timer.dispose();
        }
    }

    /// The session ends: no attach waits any more.
    void end() {
        waiting.values().forEach(waits -> waits.timer.dispose());
        waiting.clear();
    }

    private void run(GroupId group, WaitingAttach waits) {
        if (waiting.remove(group, waits)) {
            waits.timer.dispose();
            waits.task.run();
        }
    }
}
