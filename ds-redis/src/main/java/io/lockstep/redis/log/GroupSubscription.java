package io.lockstep.redis.log;

import io.lockstep.log.GroupTail;
import io.lockstep.log.LogNotice;
import io.lockstep.log.NoticeBroadcaster;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One group that this node follows, and the newest known tail. That tail only moves forward, with
/// one exception: when the store itself has gone back, followers get the older tail at once.
final class GroupSubscription {
    private final GroupId group;
    private final Mono<Void> subscribed;
    private volatile Optional<GroupTail> latest = Optional.empty();
    private final AtomicBoolean stood = new AtomicBoolean();
    private volatile boolean heard;
    private final NoticeBroadcaster followers;

    /// Number of followers. Guarded by the map entry that contains this object.
    private int count;

    GroupSubscription(GroupId group, Mono<Void> subscribed) {
        this.group = group;
        this.subscribed = subscribed;
        this.followers = new NoticeBroadcaster(group, () -> latest().orElseThrow());
    }

    GroupId group() {
        return group;
    }

    /// Completes when the channel is subscribed.
    Mono<Void> subscribed() {
        return subscribed;
    }

    /// Returns whether the channel was subscribed before, and marks it as subscribed.
    boolean resubscribed() {
        return stood.getAndSet(true);
    }

    Optional<GroupTail> latest() {
        return latest;
    }

    GroupSubscription retained() {
        count++;
        return this;
    }

    /// @return whether it still has followers
    boolean released() {
        count--;
        return count > 0;
    }

    Flux<LogNotice> notices() {
        return followers.follow(() -> {});
    }

    /// Whether a notice of appended entries arrived since the last call.
    boolean takeRecentNotice() {
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

    /// Takes a tail that may be older than the known one.
    synchronized void found(GroupTail tail) {
        if (latest.isEmpty() || !isAtLeast(latest.get(), tail)) {
            latest = Optional.of(tail);
        }
    }

    /// @param before the tail that was known before the store was read
    /// @param tail the store's tail: not older than `before`, unless the store has lost or changed
    ///     history
    void verified(Optional<GroupTail> before, GroupTail tail) {
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

    /// Takes a tail from another node's notice, which may be late. It proves nothing about the
    /// store, and counts only if it is newer.
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

    /// The store no longer has this group.
    void onMissing() {
        followers.complete();
    }

    private static boolean isAtLeast(GroupTail known, GroupTail other) {
        return sameLife(known, other) && known.position() >= other.position();
    }

    private static boolean sameLife(GroupTail one, GroupTail other) {
        return one.last().incarnation().equals(other.last().incarnation());
    }
}
