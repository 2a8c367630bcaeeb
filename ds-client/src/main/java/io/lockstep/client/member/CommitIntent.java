package io.lockstep.client.member;

import io.lockstep.client.member.Conversation.Committed;
import io.lockstep.client.mls.MlsGroup.Change;
import java.util.List;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.MonoSink;

/// The change that the application wants to commit, kept across all attempts until one is accepted.
/// Confined to the engine thread.
final class CommitIntent {
    final Change change;
    final List<String> add;
    final List<String> remove;
    final MonoSink<Committed> sink;
    private final BooleanSupplier wanted;
    int refused;
    private boolean done;

    /// @param wanted whether the change still makes sense in the epoch of an attempt
    CommitIntent(
            Change change,
            List<String> add,
            List<String> remove,
            MonoSink<Committed> sink,
            BooleanSupplier wanted) {
        this.change = change;
        this.add = add;
        this.remove = remove;
        this.sink = sink;
        this.wanted = wanted;
    }

    boolean isWanted() {
        return wanted.getAsBoolean();
    }

    /// Completes the intent after the commit was merged. The answer and the delivery arrive in
    /// either order, and each may call this.
    void complete(long position, long epoch) {
        if (!done) {
            done = true;
            sink.success(new Committed(position, epoch, refused));
        }
    }

    void fail(Throwable why) {
        if (!done) {
            done = true;
            sink.error(why);
        }
    }
}
