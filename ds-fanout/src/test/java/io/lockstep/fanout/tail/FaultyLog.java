package io.lockstep.fanout.tail;

import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/// A log whose answers and notices a test can hold back, lose, duplicate and reorder, and whose
/// store can be replaced. For tests with one thread.
final class FaultyLog extends ForwardingLog {
    /// The store that holds the entries.
    GroupLog store;

    /// Maps a notice to the notices that followers get.
    Function<LogNotice, List<LogNotice>> notices = List::of;

    boolean available = true;

    /// Whether answers wait for [#answerNext].
    boolean slow;

    /// Whether only the answers of [#read] wait.
    boolean slowReads;

    /// Replaces the store's answer to a read.
    @Nullable Mono<ReadOutcome> readInstead;

    /// Replaces the store's answer about members.
    @Nullable Supplier<Mono<Map<MemberId, Optional<Membership>>>> membershipsInstead;

    /// Members whose memberships cannot be read.
    Set<MemberId> unreadable = Set.of();

    /// Whether it throws when it is asked for a tail.
    boolean tailThrows;

    int reads;
    int memberships;
    final List<Runnable> unanswered = new ArrayList<>();
    final List<FluxSink<LogNotice>> followers = new ArrayList<>();

    FaultyLog(GroupLog store) {
        super(store);
        this.store = store;
    }

    @Override
    protected GroupLog log() {
        return store;
    }

    /// Sends a notice to all followers.
    void tell(LogNotice notice) {
        for (var follower : List.copyOf(followers)) {
            follower.next(notice);
        }
    }

    /// Cuts off all followers.
    void cut(GroupId group) {
        for (var follower : List.copyOf(followers)) {
            follower.error(new LogUnavailableException("cut", group, null));
        }
    }

    void answerNext(int index) {
        unanswered.remove(index).run();
    }

    private <T> Mono<T> answer(GroupId group, Mono<T> answer) {
        return answer(group, answer, false);
    }

    private <T> Mono<T> answer(GroupId group, Mono<T> answer, boolean wait) {
        return Mono.defer(() -> {
            if (!available) {
                return Mono.error(new LogUnavailableException("down", group, null));
            }
            return slow || wait
                    ? Mono.create(sink ->
                            unanswered.add(() ->
                                    answer.subscribe(sink::success, sink::error, sink::success)))
                    : answer;
        });
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        reads++;
        if (readInstead != null) {
            return readInstead;
        }
        return answer(
                group,
                Mono.defer(() -> store.read(group, afterPosition, countMax, bytesMax)),
                slowReads);
    }

    @Override
    public Mono<Optional<Membership>> membership(GroupId group, MemberId member) {
        return answer(group, Mono.defer(() -> store.membership(group, member)));
    }

    @Override
    public Mono<Map<MemberId, Optional<Membership>>> memberships(
            GroupId group, Set<MemberId> members) {
        memberships++;
        if (membershipsInstead != null) {
            return membershipsInstead.get();
        }
        return answer(group, Mono.defer(() -> store.memberships(group, members)))
                .map(told -> {
                    var readable = new HashMap<>(told);
                    readable.keySet().removeAll(unreadable);
                    return Map.copyOf(readable);
                });
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        if (tailThrows) {
            throw new IllegalStateException("no tail");
        }
        return answer(group, Mono.defer(() -> store.tail(group)));
    }

    @Override
    public Flux<LogNotice> follow(GroupId group) {
        return Flux.create(sink -> {
            if (!available) {
                sink.error(new LogUnavailableException("down", group, null));
                return;
            }
            followers.add(sink);
            var real =
                    store.follow(group)
                            .subscribe(
                                    n -> notices.apply(n).forEach(sink::next),
                                    sink::error,
                                    sink::complete);
            sink.onDispose(() -> {
                real.dispose();
                followers.remove(sink);
            });
        });
    }
}
