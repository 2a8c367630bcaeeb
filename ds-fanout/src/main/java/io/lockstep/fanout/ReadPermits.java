package io.lockstep.fanout;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Lets so many catch-up reads be under way on this node; the others wait their turn, one for each place
/// that is read from, which costs its sessions nothing more. Thread-safe.
final class ReadPermits {
    private int free;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    ReadPermits(int readsMax) {
        free = readsMax;
    }

    /// Runs the read, now or when one ends.
    ///
    /// @param read ends with [#give], on any thread
    void take(Runnable read) {
        synchronized (this) {
            if (free == 0) {
                waiting.add(read);
                return;
            }
            free--;
        }
        read.run();
    }

    void give() {
        var next = nextOrFree();
        if (next != null) {
            next.run();
        }
    }

    private synchronized @Nullable Runnable nextOrFree() {
        var next = waiting.poll();
        if (next == null) {
            free++;
        }
        return next;
    }
}
