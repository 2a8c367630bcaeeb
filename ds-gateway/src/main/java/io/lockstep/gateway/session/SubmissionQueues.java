package io.lockstep.gateway.session;

import io.lockstep.wire.mls.GroupId;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/// Keeps one session's submissions to one group in order while one of them waits for a look-up. Has
/// entries only for groups that wait; what waits is bounded by the submissions in flight.
final class SubmissionQueues {
    private final Map<GroupId, Queue<Runnable>> waiting = new HashMap<>(0);

    /// Runs the submission now, or after the earlier ones of the same group.
    void run(GroupId group, Runnable submission) {
        var queue = waiting.get(group);
        if (queue == null) {
            submission.run();
        } else {
            queue.add(submission);
        }
    }

    /// From now on submissions to this group wait; called by the one that runs.
    void hold(GroupId group) {
        waiting.putIfAbsent(group, new ArrayDeque<>());
    }

    /// The waiting submission has gone to ordering: those behind it follow until one of them holds
    /// again.
    void release(GroupId group) {
        var queue = waiting.remove(group);
        if (queue == null) {
            return;
        }
        while (!queue.isEmpty()) {
            queue.remove().run();
            var held = waiting.get(group);
            if (held != null) {
                // It holds again: the rest stays behind it, and before whatever arrived meanwhile.
                queue.addAll(held);
                waiting.put(group, queue);
                return;
            }
        }
    }
}
