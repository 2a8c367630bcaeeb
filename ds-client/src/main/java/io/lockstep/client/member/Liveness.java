package io.lockstep.client.member;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/// Whether a group is followed live, and who waits for that. Confined to the engine thread.
final class Liveness<T> {
    private final List<MonoSink<T>> waiting = new ArrayList<>();
    private boolean live;
    private @Nullable RuntimeException ended;

    void tell(MonoSink<T> sink, Supplier<T> standing) {
        var why = ended;
        if (why != null) {
            sink.error(why);
        } else if (live) {
            sink.success(standing.get());
        } else {
            waiting.add(sink);
        }
    }

    void live(Supplier<T> standing) {
        live = true;
        ended = null;
        take().forEach(sink -> sink.success(standing.get()));
    }

    /// Not now; it is being worked on.
    void away() {
        live = false;
        ended = null;
    }

    void ended(RuntimeException why) {
        live = false;
        ended = why;
        take().forEach(sink -> sink.error(why));
    }

    private List<MonoSink<T>> take() {
        var all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }
}
