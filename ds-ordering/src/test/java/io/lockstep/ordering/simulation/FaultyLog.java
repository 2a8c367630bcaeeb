package io.lockstep.ordering.simulation;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CallEffect;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// A node's connection to the log, with faults. A request that arrives is executed immediately and
/// atomically. The log itself is therefore correct, unless the test planted a bug in it.
final class FaultyLog extends ForwardingLog {
    private static final long TIMEOUT_MICROS = 300_000;

    private final VirtualTime time;
    private final RandomGenerator random;
    private Faults faults;

    FaultyLog(GroupLog log, VirtualTime time, RandomGenerator random, Faults faults) {
        super(log);
        this.time = time;
        this.random = random;
        this.faults = faults;
    }

    void become(Faults next) {
        faults = next;
    }

    private boolean happens(double probability) {
        return random.nextDouble() < probability;
    }

    private <T> Mono<T> call(GroupId group, Mono<T> real) {
        return Mono.create(sink -> call(group, real, sink));
    }

    private <T> void call(GroupId group, Mono<T> real, MonoSink<T> sink) {
        if (happens(faults.throwing())) {
            if (happens(0.5)) {
                throw new OutOfMemoryError("planted");
            }
            real.subscribe(
                    _ -> later(delay(), () -> sink.error(new OutOfMemoryError("planted"))),
                    sink::error,
                    () -> later(delay(), () -> sink.error(new OutOfMemoryError("planted"))));
            return;
        }
        if (faults.refused() > 0 && happens(faults.refused())) {
            later(delay(), () -> sink.error(refusal(group)));
            return;
        }
        boolean lostRequest = happens(faults.lostRequest());
        boolean lostReply = happens(faults.lostReply());
        boolean late = happens(faults.late());
        if (!lostRequest) {
            long arrives = late ? TIMEOUT_MICROS + random.nextInt(3_000_000) : delay();
            later(arrives, () -> arrive(real, sink, lostReply));
        }
        boolean silent = (lostRequest || lostReply) && happens(faults.silent());
        if (!silent) {
            later(
                    TIMEOUT_MICROS,
                    () -> sink.error(new LogUnavailableException("timeout", group, null)));
        }
    }

    private LogUnavailableException refusal(GroupId group) {
        return happens(0.5)
                ? LogUnavailableException.lasting("full", group, null)
                : new LogUnavailableException("busy", group, CallEffect.NOT_EXECUTED, null);
    }

    private <T> void arrive(Mono<T> real, MonoSink<T> sink, boolean lostReply) {
        real.map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .subscribe(
                        value -> reply(lostReply, () -> succeed(sink, value)),
                        error -> reply(lostReply, () -> sink.error(error)));
    }

    private static <T> void succeed(MonoSink<T> sink, Optional<T> value) {
        value.ifPresentOrElse(sink::success, sink::success);
    }

    private void reply(boolean lost, Runnable answer) {
        if (!lost) {
            later(delay(), answer);
        }
    }

    /// Reactor passes an OutOfMemoryError to the thread that brought the answer, which continues.
    /// The caller gets no signal.
    private static void survive(Runnable answer) {
        try {
            answer.run();
        } catch (OutOfMemoryError e) {
            if (!"planted".equals(e.getMessage())) {
                throw e;
            }
        }
    }

    private void later(long micros, Runnable task) {
        time.after(micros, () -> survive(task));
    }

    private long delay() {
        return happens(faults.slow()) ? random.nextInt(50_000) : random.nextInt(300);
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        return call(group, super.create(group, newGroup));
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        return call(group, super.load(group, recentMax));
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        return call(group, super.append(group, expected, batch));
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return call(group, super.read(group, afterPosition, countMax, bytesMax));
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        return call(group, super.tail(group));
    }

    @Override
    public Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256) {
        return call(group, super.find(group, epoch, sha256));
    }

    @Override
    public Mono<Void> relay(LogNotice.EphemeralMessage ephemeral) {
        return call(ephemeral.group(), super.relay(ephemeral));
    }
}
