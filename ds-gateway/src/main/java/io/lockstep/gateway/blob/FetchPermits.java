package io.lockstep.gateway.blob;

import java.util.ArrayDeque;
import java.util.Queue;
import reactor.core.publisher.Mono;

/// Lets so many fetches run at once; the others wait their turn. Thread-safe; holds no lock while one begins.
final class FetchPermits {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;

    FetchPermits(int atOnce) {
        free = atOnce;
    }

    <T> Mono<T> run(Mono<T> fetch) {
        return Mono.create(sink ->
                begin(() ->
                        fetch.doFinally(_ -> end())
                                .subscribe(sink::success, sink::error, sink::success)));
    }

    private void begin(Runnable fetch) {
        synchronized (this) {
            if (free == 0) {
                waiting.add(fetch);
                return;
            }
            free--;
        }
        fetch.run();
    }

    private void end() {
        Runnable next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                free++;
                return;
            }
        }
        next.run();
    }
}
