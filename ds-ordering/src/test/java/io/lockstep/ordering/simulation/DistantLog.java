package io.lockstep.ordering.simulation;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// A node's connection to the log, with a fixed delay and without faults.
public final class DistantLog extends ForwardingLog {
    private final VirtualTime time;
    private final long oneWayMicros;
    private int appends;
    private int lost;

    /// @param roundTripMicros delay of a round trip
    public DistantLog(GroupLog log, VirtualTime time, long roundTripMicros) {
        super(log);
        this.time = time;
        oneWayMicros = roundTripMicros / 2;
    }

    public int appends() {
        return appends;
    }

    /// The number of appends that lost.
    public int lost() {
        return lost;
    }

    private <T> Mono<T> call(Mono<T> real) {
        return Mono.create(sink ->
                time.after(
                        oneWayMicros,
                        () ->
                                real.map(Optional::of)
                                        .defaultIfEmpty(Optional.empty())
                                        .subscribe(value ->
                                                time.after(
                                                        oneWayMicros,
                                                        () ->
                                                                value.ifPresentOrElse(
                                                                        sink::success,
                                                                        sink::success)))));
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        return call(super.create(group, newGroup));
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        return call(Mono.defer(() -> super.load(group, recentMax)));
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        appends++;
        return call(Mono.defer(() -> super.append(group, expected, batch)))
                .doOnNext(outcome -> lost += outcome instanceof AppendOutcome.TailMismatch ? 1 : 0);
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return call(Mono.defer(() -> super.read(group, afterPosition, countMax, bytesMax)));
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        return call(Mono.defer(() -> super.tail(group)));
    }
}
