package io.lockstep.client;

import java.util.ArrayDeque;
import java.util.Deque;

/// Keeps what one group's application is told in order while a message has to be fetched first. Bounded by the
/// group's window. Confined to the client's event loop.
final class Sequence {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private boolean held;

    /// Runs at once, or after what is held.
    void next(Runnable step) {
        if (held) {
            waiting.add(step);
        } else {
            step.run();
        }
    }

    /// What comes next waits until [#release].
    void hold() {
        held = true;
    }

    void release() {
        held = false;
        while (!held && !waiting.isEmpty()) {
            waiting.remove().run();
        }
    }
}
