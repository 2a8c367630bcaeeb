package io.lockstep.runtime;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// A limit of concurrent reads of a store on this node; further reads wait in a queue. Thread-safe;
/// it holds no lock while a read begins.
public final class ReadPermits {
    private int free;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    public ReadPermits(int readsMax) {
        free = readsMax;
    }

    /// Runs the read, now or when another one ends.
    ///
    /// @param read ends with [#give], on any thread
    public void take(Runnable read) {
        synchronized (this) {
            if (free == 0) {
                waiting.add(read);
                return;
            }
            free--;
        }
        read.run();
    }

    public void give() {
        var next = nextOrFree();
        if (next != null) {
            next.run();
        }
    }

    /// The read, which holds a permit until it ends.
    public <T> Mono<T> run(Mono<T> read) {
        return Mono.create(sink ->
                take(() ->
                        read.doFinally(_ -> give())
                                .subscribe(sink::success, sink::error, sink::success)));
    }

    private synchronized @Nullable Runnable nextOrFree() {
        var next = waiting.poll();
        if (next == null) {
            free++;
        }
        return next;
    }
}
