package io.lockstep.redis.log;

import io.lockstep.log.GroupTail;
import io.lockstep.log.LogNotice;
import io.lockstep.log.NoticeBroadcaster;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One group that is followed on this node, and the newest tail that was heard of. That tail moves forward
/// only, unless the store itself is found to have gone back: then followers hear that at once.
final class GroupSubscription {
    private final GroupId group;
    private final Mono<Void> stands;
    private volatile Optional<GroupTail> latest = Optional.empty();
    private final AtomicBoolean stood = new AtomicBoolean();
    private volatile boolean heard;
    private final NoticeBroadcaster followers;

    /// Guarded by the map entry that holds this.
    private int count;

    GroupSubscription(GroupId group, Mono<Void> stands) {
        this.group = group;
        this.stands = stands;
        this.followers = new NoticeBroadcaster(group, () -> latest().orElseThrow());
    }

    GroupId group() {
        return group;
    }

    /// Completes when the subscription stands.
    Mono<Void> stands() {
        return stands;
    }

    /// Whether this is not the first time that the subscription stands; from now on it is not.
    boolean stoodBefore() {
        return stood.getAndSet(true);
    }

    Optional<GroupTail> latest() {
        return latest;
    }

    GroupSubscription retained() {
        count++;
        return this;
    }

    /// @return whether it is followed still
    boolean released() {
        count--;
        return count > 0;
    }

    Flux<LogNotice> notices() {
        return followers.follow(() -> {});
    }

    /// Whether appended entries were told since this was last asked.
    boolean takeHeard() {
        boolean was = heard;
        heard = false;
        return was;
    }

    void heard(LogNotice notice, GroupTail tail) {
        heard = true;
        found(tail);
        followers.emit(notice);
    }

    void heard(LogNotice.EphemeralMessage ephemeral) {
        followers.emit(ephemeral);
    }

    /// A tail of which it is not known whether it is newer.
    synchronized void found(GroupTail tail) {
        if (latest.isEmpty() || !isAtLeast(latest.get(), tail)) {
            latest = Optional.of(tail);
        }
    }

    /// @param before what was known before the store was asked
    /// @param tail what it answered: at least as new as that, or it has lost or changed history
    void compared(Optional<GroupTail> before, GroupTail tail) {
        if (before.isPresent() && before.get().last().equals(tail.last())) {
            return;
        }
        if (accept(before, tail)) {
            followers.check();
        }
    }

    private synchronized boolean accept(Optional<GroupTail> before, GroupTail tail) {
        boolean wentBack = before.isPresent() && isAtLeast(before.get(), tail);
        boolean isNews = latest.isEmpty() || !isAtLeast(latest.get(), tail);
        if (wentBack || isNews) {
            latest = Optional.of(tail);
        }
        return wentBack || isNews;
    }

    /// A tail that another node told, perhaps late: it proves nothing about the store, and counts if it is newer.
    void announced(GroupTail tail) {
        if (accept(Optional.empty(), tail)) {
            followers.check();
        }
    }

    void check() {
        if (latest().isPresent()) {
            followers.check();
        }
    }

    /// The store has no such group any more.
    void vanished() {
        followers.complete();
    }

    private static boolean isAtLeast(GroupTail known, GroupTail other) {
        return sameLife(known, other) && known.position() >= other.position();
    }

    private static boolean sameLife(GroupTail one, GroupTail other) {
        return one.last().incarnation().equals(other.last().incarnation());
    }
}
