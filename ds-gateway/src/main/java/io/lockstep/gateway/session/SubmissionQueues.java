package io.lockstep.gateway.session;

import io.lockstep.wire.mls.GroupId;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/// Keeps one session's submissions to one group in order while one of them waits for a look into the
/// directory. Holds something only for groups that wait; what waits is bounded by the submissions in flight.
final class SubmissionQueues {
    private final Map<GroupId, Queue<Runnable>> waiting = new HashMap<>(0);

    /// Runs it now, or when those before it in the same group have gone.
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

    /// The one that held has gone; those behind it follow until one holds again.
    void release(GroupId group) {
        var queue = waiting.remove(group);
        if (queue == null) {
            return;
        }
        while (!queue.isEmpty()) {
            queue.remove().run();
            var held = waiting.get(group);
            if (held != null) {
                // It holds again: the rest stays behind it, before whatever came meanwhile.
                queue.addAll(held);
                waiting.put(group, queue);
                return;
            }
        }
    }
}
