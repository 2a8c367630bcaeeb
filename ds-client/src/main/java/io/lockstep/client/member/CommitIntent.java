package io.lockstep.client.member;

import io.lockstep.client.Accepted;
import io.lockstep.client.member.Conversation.Committed;
import io.lockstep.client.mls.MlsGroup.Change;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/// What a commit shall do, through as many attempts as it takes. Confined to the engine thread.
final class CommitIntent {
    final Change change;
    final List<String> add;
    final List<String> remove;
    final MonoSink<Committed> sink;
    int refused;
    @Nullable Accepted accepted;
    boolean merged;

    CommitIntent(Change change, List<String> add, List<String> remove, MonoSink<Committed> sink) {
        this.change = change;
        this.add = add;
        this.remove = remove;
        this.sink = sink;
    }

    /// The answer and the delivery come in either order.
    void completeIfDone() {
        var answer = accepted;
        if (answer != null && merged) {
            sink.success(new Committed(answer.position(), answer.epoch(), refused));
        }
    }
}
