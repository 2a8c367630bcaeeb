package io.lockstep.ordering.actor;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A log whose behaviour the test controls.
final class DisturbedLog extends ForwardingLog {
    /// The batch sizes of the requested appends.
    final List<Integer> appends = new ArrayList<>();

    int creates;

    UnaryOperator<Mono<AppendOutcome>> onAppend = UnaryOperator.identity();
    UnaryOperator<Mono<CreateOutcome>> onCreate = UnaryOperator.identity();
    UnaryOperator<Mono<GroupSnapshot>> onLoad = UnaryOperator.identity();
    UnaryOperator<Mono<ReadOutcome>> onRead = UnaryOperator.identity();
    UnaryOperator<Mono<GroupTail>> onTail = UnaryOperator.identity();

    DisturbedLog(GroupLog log) {
        super(log);
    }

    /// Every call fails as unavailable.
    void cut() {
        onAppend = _ -> unavailable();
        onCreate = _ -> unavailable();
        onLoad = _ -> unavailable();
        onRead = _ -> unavailable();
        onTail = _ -> unavailable();
    }

    void mend() {
        onAppend = UnaryOperator.identity();
        onCreate = UnaryOperator.identity();
        onLoad = UnaryOperator.identity();
        onRead = UnaryOperator.identity();
        onTail = UnaryOperator.identity();
    }

    static <T> Mono<T> unavailable() {
        return Mono.error(new LogUnavailableException("cut", TestAuthors.GROUP, null));
    }

    /// The operation is executed, but the caller gets an error.
    static <T> Mono<T> losingTheReply(Mono<T> real) {
        return real.then(unavailable());
    }

    /// Appends wait until the sink completes.
    Sinks.Empty<Void> holdAppends() {
        var gate = Sinks.<Void>empty();
        onAppend = real -> gate.asMono().then(real);
        return gate;
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        appends.add(batch.size());
        return onAppend.apply(super.append(group, expected, batch));
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        creates++;
        return onCreate.apply(super.create(group, newGroup));
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        return onLoad.apply(super.load(group, recentMax));
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return onRead.apply(super.read(group, afterPosition, countMax, bytesMax));
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        return onTail.apply(super.tail(group));
    }
}
