package io.lockstep.ordering.actor;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// A log one of whose calls throws, or returns an error in place of its answer.
final class ThrowingLog extends ForwardingLog {
    enum When {
        ASKED,
        SUBSCRIBED,
        ANSWERING,
        ANSWERED
    }

    private final When when;
    private final Supplier<Throwable> thrown;
    private int left;

    /// @param call index of the call that throws, from 0
    ThrowingLog(GroupLog log, int call, When when, Supplier<Throwable> thrown) {
        super(log);
        left = call;
        this.when = when;
        this.thrown = thrown;
    }

    /// Whether the call was made.
    boolean hasThrown() {
        return left < 0;
    }

    /// Stops throwing.
    void disarm() {
        left = -1;
    }

    private <T> Mono<T> call(Supplier<Mono<T>> real) {
        if (left-- != 0) {
            return real.get();
        }
        return switch (when) {
            case ASKED -> throw ThrowingLog.<RuntimeException>sneaky(thrown.get());
            case SUBSCRIBED ->
                    Mono.defer(() -> {
                        throw ThrowingLog.<RuntimeException>sneaky(thrown.get());
                    });
            case ANSWERING -> Mono.error(thrown.get());
            case ANSWERED -> real.get().then(Mono.error(thrown.get()));
        };
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <E extends Throwable> E sneaky(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        return call(() -> super.create(group, newGroup));
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        return call(() -> super.load(group, recentMax));
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        return call(() -> super.append(group, expected, batch));
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return call(() -> super.read(group, afterPosition, countMax, bytesMax));
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        return call(() -> super.tail(group));
    }

    @Override
    public Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256) {
        return call(() -> super.find(group, epoch, sha256));
    }

    @Override
    public Mono<Void> relay(LogNotice.EphemeralMessage ephemeral) {
        return call(() -> super.relay(ephemeral));
    }
}
