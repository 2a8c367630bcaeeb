package io.lockstep.client.member;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/// Tracks whether a group is caught up and live, and completes the sinks that wait for it. Confined
/// to the engine thread.
final class LiveWaiters<T> {
    private final List<MonoSink<T>> waiting = new ArrayList<>();
    private boolean live;
    private @Nullable RuntimeException ended;

    /// Completes the sink now or when the group becomes live; fails it if deliveries have ended.
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

    /// The group is not live at the moment; the client is attaching it again.
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
