package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/// The followers of one group on this node. It passes each notice to all of them. It buffers
/// notices for a slow follower up to a limit; beyond it that follower gets a [LogNotice.CheckTail]
/// instead (invariant I7). For implementations of [GroupLog#follow].
///
/// Threads: *thread-safe*; a follower gets its notices one at a time, without locks.
public final class NoticeBroadcaster {
    /// Maximum number of waiting notices of one follower. It is small, and entries are shared
    /// between followers.
    public static final int WAITING_MAX = 64;

    private final GroupId group;
    private final Supplier<GroupTail> tail;
    private final List<Follower> followers = new CopyOnWriteArrayList<>();

    /// @param tail the tail of the log as far as this node knows; read when a Check is sent
    public NoticeBroadcaster(GroupId group, Supplier<GroupTail> tail) {
        this.group = group;
        this.tail = tail;
    }

    /// Passes the notice to every follower.
    public void emit(LogNotice notice) {
        for (var follower : followers) {
            follower.offer(notice);
        }
    }

    /// Notices may have been lost: every follower gets a Check.
    public void check() {
        for (var follower : followers) {
            follower.oweCheck();
        }
    }

    /// The group is gone: completes every follower.
    public void complete() {
        for (var follower : followers) {
            follower.complete();
        }
    }

    /// Adds a follower; its first notice is a Check.
    ///
    /// @param whenGone run once, after it cancelled
    public Flux<LogNotice> follow(Runnable whenGone) {
        return Flux.from(subscriber -> {
            var follower = new Follower(subscriber, whenGone);
            followers.add(follower);
            subscriber.onSubscribe(follower);
            follower.drain();
        });
    }

    /// One follower: `delivered ≤ requested`, `waiting ≤ WAITING_MAX + concurrent emitters`. While
    /// a Check is pending it buffers no notices: the Check covers them.
    private final class Follower implements Subscription {
        private final Subscriber<? super LogNotice> subscriber;
        private final Runnable whenGone;
        private final ConcurrentLinkedQueue<LogNotice> waiting = new ConcurrentLinkedQueue<>();
        private final AtomicInteger waitingCount = new AtomicInteger();
        private final AtomicInteger work = new AtomicInteger();
        private final AtomicLong requested = new AtomicLong();
        private volatile boolean owesCheck = true;
        private volatile boolean gone;
        private volatile boolean cancelled;

        Follower(Subscriber<? super LogNotice> subscriber, Runnable whenGone) {
            this.subscriber = subscriber;
            this.whenGone = whenGone;
        }

        void offer(LogNotice notice) {
            if (owesCheck || waitingCount.get() >= WAITING_MAX) {
                // The flag may just have been cleared, and the tail read before this notice:
                // request another Check.
                oweCheck();
            } else {
                waitingCount.incrementAndGet();
                waiting.add(notice);
                drain();
            }
        }

        void oweCheck() {
            owesCheck = true;
            drain();
        }

        void complete() {
            gone = true;
            drain();
        }

        private void drain() {
            if (work.getAndIncrement() != 0) {
                return;
            }
            int seen = 1;
            do {
                if (gone && !cancelled) {
                    cancel();
                    subscriber.onComplete();
                }
                while (!cancelled && requested.get() > 0 && handOver()) {
                    taken();
                }
                seen = work.addAndGet(-seen);
            } while (seen != 0);
        }

        private void taken() {
            if (requested.get() != Long.MAX_VALUE) {
                requested.decrementAndGet();
            }
        }

        private boolean handOver() {
            if (owesCheck) {
                owesCheck = false;
                for (var stale = waiting.poll(); stale != null; stale = waiting.poll()) {
                    waitingCount.decrementAndGet();
                }
                subscriber.onNext(new LogNotice.CheckTail(group, tail.get()));
                return true;
            }
            var next = waiting.poll();
            if (next == null) {
                return false;
            }
            waitingCount.decrementAndGet();
            subscriber.onNext(next);
            return true;
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n)) {
                requested.accumulateAndGet(n, Operators::addCap);
                drain();
            }
        }

        @Override
        public void cancel() {
            if (!cancelled) {
                cancelled = true;
                followers.remove(this);
                whenGone.run();
            }
        }
    }
}
