package io.lockstep.client;

import java.util.ArrayDeque;
import java.util.Deque;

/// Keeps one group's events in order while a message is being fetched. The group's window bounds
/// its length. Confined to the client's event loop.
final class DeliveryQueue {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private boolean held;

    /// Runs the step at once, or after the steps that wait.
    void next(Runnable step) {
        if (held) {
            waiting.add(step);
        } else {
            step.run();
        }
    }

    /// Makes later steps wait until [#release].
    void hold() {
        held = true;
    }

    /// Runs the steps that wait, until one of them holds again.
    void release() {
        held = false;
        while (!held && !waiting.isEmpty()) {
            waiting.remove().run();
        }
    }
}
