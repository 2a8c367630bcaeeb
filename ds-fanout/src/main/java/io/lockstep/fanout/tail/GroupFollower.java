package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.fanout.outbound.LiveDeliveries;
import io.lockstep.fanout.outbound.SharedTail;
import io.lockstep.fanout.outbound.TailListener;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.MemberId;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// Follows one group's log for all event loops of this node, for as long as one of them has a
/// session in it.
///
/// Notices are hints. Positions are dense and heads chain, so a missing, duplicate, reordered or
/// foreign entry is detected; then the follower compares with the log itself ([TailVerifier]).
///
/// Threads: [SharedTail]'s methods are *thread-safe*; all else is *confined to the home event
/// loop*.
final class GroupFollower implements SharedTail {
    private static final Logger LOG = LoggerFactory.getLogger(GroupFollower.class);

    /// How long joined buffers are kept for other cursors that request the same.
    private static final long LIVE_BUFFERS_KEPT_MILLIS = 1_000;

    /// How long catch-up buffers are kept for other cursors; at most twice as long. Members that
    /// are disconnected together reconnect over some tens of seconds.
    private static final long CATCH_UP_BUFFERS_KEPT_MILLIS = 5_000;

    /// As long as the timer takes to find out that notices were lost.
    private static final long EPHEMERAL_HELD_MILLIS = 2_000;

    private final GroupId group;
    private final FollowerContext context;
    private final HomeLoop homeLoop;
    private final NoticeQueue notices;
    private final CatchUpReads reads;
    private final TailVerifier verifier;
    private final HoldbackQueue held;
    private final ProvisionalWatch provisional = new ProvisionalWatch();
    private final LogRetryBackoff backoff = new LogRetryBackoff();
    private final List<TailListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private final AtomicBoolean liveEvictionScheduled = new AtomicBoolean();
    private final AtomicBoolean catchUpEvictionScheduled = new AtomicBoolean();
    private final Runnable drain = this::drain;
    private final Disposable.Swap subscription = Disposables.swap();

    private volatile TailStatus status = new TailStatus.Starting();

    /// Set with the first Check.
    private volatile @Nullable EntryRing ring;

    private boolean closed;

    /// The position of an entry that does not continue the one before it, or 0. Nothing is
    /// delivered while it is set.
    private long brokenAt;

    GroupFollower(GroupId group, FollowerContext context, EventLoop loop) {
        this.group = group;
        this.context = context;
        homeLoop = new HomeLoop(loop);
        notices = new NoticeQueue(context.limits().noticesBytesMax());
        held =
                new HoldbackQueue(
                        context.limits().ephemeralsMax(),
                        context.limits().noticesBytesMax(),
                        EPHEMERAL_HELD_MILLIS * 1_000_000);
        verifier = new TailVerifier(this, context, homeLoop);
        reads = new CatchUpReads(this, context, homeLoop);
    }

    void start() {
        context.metrics().groups(1);
        homeLoop.run(this::subscribe);
    }

    private void subscribe() {
        if (!closed) {
            subscription.update(
                    context.log()
                            .follow(group)
                            .subscribe(
                                    this::offer,
                                    failure -> homeLoop.run(() -> cutOff(failure.toString())),
                                    () -> homeLoop.run(this::ended)));
        }
    }

    /// The log returned that the group does not exist. If it was followed before, the history has
    /// changed.
    private void ended() {
        if (ring != null) {
            compare();
        }
        cutOff("the log ended it");
    }

    /// Follows the group again. The first Check then shows which entries were missed.
    private void cutOff(String why) {
        if (closed) {
            return;
        }
        LOG.debug("group {}: following was cut off: {}", group, why);
        unavailable();
        homeLoop.runAfter(backoff.nextMillis(), this::subscribe);
    }

    /// Ends the wait of listeners for the log's first answer.
    void unavailable() {
        if (status instanceof TailStatus.Starting) {
            become(new TailStatus.Unavailable());
        }
    }

    // Methods called by the log's threads.

    private void offer(LogNotice notice) {
        try {
            if (!notices.offer(notice)) {
                context.metrics().noticesDropped();
            }
        } catch (Throwable e) { // most likely out of memory
            notices.markLost();
        }
        if (drainScheduled.compareAndSet(false, true)) {
            homeLoop.run(drain);
        }
    }

    // Methods of the home event loop.

    private void drain() {
        drainScheduled.set(false);
        for (var notice = notices.poll(); notice != null && !closed; notice = notices.poll()) {
            try {
                accept(notice);
            } catch (Throwable e) {
                LOG.error("group {}: a notice was lost", group, e);
                notices.markLost();
            }
        }
        try {
            tellIfAppended();
        } catch (Throwable e) {
            LOG.error("group {}: listeners hear of an append later", group, e);
            notices.markLost();
        }
        if (notices.takeLostMark() && !closed) {
            compare();
        }
    }

    private void accept(LogNotice notice) {
        switch (notice) {
            case LogNotice.CheckTail(_, var tail) -> check(tail);
            case LogNotice.EntriesAppended(_, var entries) -> appended(entries);
            case LogNotice.EphemeralMessage ephemeral -> deliver(ephemeral);
        }
    }

    private void check(GroupTail tail) {
        backoff.reset();
        var current = ring;
        if (current == null) {
            ring =
                    new EntryRing(
                            group, tail, context.limits(), context.allocator(), context.budget());
            context.remembered().seen(group, tail.last().incarnation());
            compare();
        } else if (!tail.last().equals(current.tail().last()) || !isLive()) {
            compare();
        }
    }

    private void appended(List<LogEntry> entries) {
        var current = ring;
        if (current == null) {
            return; // the first Check includes them
        }
        if (!isLive()) {
            // The read in progress may be older than these notices.
            verifier.verifyAgainIfUnderWay();
            return;
        }
        for (var entry : entries) {
            if (entry.position() > current.tail().position() && !append(current, entry)) {
                compare();
                break;
            }
        }
    }

    /// Called once for all notices that wait together, so that listeners deliver them together.
    private void tellIfAppended() {
        var current = ring;
        if (current != null
                && status instanceof TailStatus.LiveTail(var told)
                && current.tail().position() > told.position()) {
            become(new TailStatus.LiveTail(current.tail()));
        }
    }

    /// @return false when the entry does not continue the followed ones: an entry is missing, or
    ///     the history differs
    private boolean append(EntryRing current, LogEntry entry) {
        if (!continues(current.tail(), entry)) {
            return false;
        }
        current.append(entry);
        provisional.saw(entry);
        return true;
    }

    private boolean continues(GroupTail tail, LogEntry entry) {
        return HistoryVerifier.firstBroken(group, tail.last(), List.of(entry)).isEmpty();
    }

    private void deliver(LogNotice.EphemeralMessage ephemeral) {
        tellIfAppended();
        if (!(status instanceof TailStatus.LiveTail(var tail))) {
            return;
        }
        if (ephemeral.decidedAt() > tail.position()) {
            hold(ephemeral);
            return;
        }
        deliver(ephemeral, tail);
    }

    /// Holds an ephemeral message whose preceding entries have not arrived, or were lost. Those
    /// entries are requested.
    private void hold(LogNotice.EphemeralMessage ephemeral) {
        if (!held.hold(ephemeral, context.clock().nanos())) {
            context.metrics().ephemeralDropped();
            return;
        }
        compare();
        homeLoop.runAfter(EPHEMERAL_HELD_MILLIS, this::deliverHeld);
    }

    private void deliverHeld() {
        if (held.isEmpty() || closed) {
            return;
        }
        long upTo = status instanceof TailStatus.LiveTail(var tail) ? tail.position() : -1;
        for (var ephemeral : held.take(upTo, context.clock().nanos())) {
            deliver(ephemeral);
        }
    }

    private void deliver(LogNotice.EphemeralMessage ephemeral, GroupTail tail) {
        var frames = new EnumMap<FrameFormat, ByteBuf>(FrameFormat.class);
        try {
            for (var listener : listeners) {
                var frame =
                        frames.computeIfAbsent(
                                listener.format(),
                                format ->
                                        DeliveryFrames.encode(
                                                format, context.allocator(), ephemeral));
                listener.ephemeral(frame.retain(), tail.position());
            }
        } finally {
            frames.values().forEach(ByteBuf::release);
        }
    }

    boolean isLive() {
        return status instanceof TailStatus.LiveTail;
    }

    // Results of the comparison.

    boolean isClosed() {
        return closed;
    }

    /// @return null before the first Check
    @Nullable EntryRing ring() {
        return ring;
    }

    /// Checks whether the log still matches the followed entries.
    void compare() {
        verifier.verify(_ -> {});
    }

    /// The log continues the followed entries.
    void confirmed(EntryRing current) {
        var remembered = context.remembered().incarnation(group);
        if (remembered.isPresent()
                && !remembered.get().equals(current.tail().last().incarnation())) {
            freezeUnlessDeleted(current, remembered.get());
            return;
        }
        if (status instanceof TailStatus.FrozenTail) {
            LOG.warn(
                    "group {}: the store holds position {} again; the group is no longer frozen",
                    group,
                    current.tail().position());
        }
        become(new TailStatus.LiveTail(current.tail()));
    }

    /// The store holds another incarnation than this node remembers: the group was deleted and
    /// created again, or the store holds another history.
    private void freezeUnlessDeleted(EntryRing current, Bytes remembered) {
        FaultBarrier.answer(() -> context.log().isDeleted(group, remembered))
                .single()
                .subscribe(
                        deleted ->
                                homeLoop.run(() -> {
                                    if (closed) {
                                        return;
                                    }
                                    if (deleted) {
                                        context.remembered().forget(group, remembered);
                                        compare();
                                    } else {
                                        freeze(
                                                current,
                                                "the store holds another incarnation of the"
                                                        + " group");
                                    }
                                }),
                        failure ->
                                homeLoop.run(() -> {
                                    LOG.debug(
                                            "group {}: cannot ask for deletions: {}",
                                            group,
                                            failure.toString());
                                    unavailable();
                                    homeLoop.runAfter(backoff.nextMillis(), this::compare);
                                }));
    }

    /// The followed group was deleted: its sessions are detached.
    void deleted(EntryRing current, Bytes incarnation) {
        context.remembered().forget(group, incarnation);
        if (!(status instanceof TailStatus.DeletedTail)) {
            LOG.debug("group {}: it was deleted", group);
            become(new TailStatus.DeletedTail());
            reads.discardAll();
            current.evict();
        }
    }

    /// The store holds less than was delivered, or another history. Nothing more is delivered
    /// (invariant I3).
    void freeze(EntryRing current, String why) {
        if (!(status instanceof TailStatus.FrozenTail
                || status instanceof TailStatus.DeletedTail)) {
            LOG.error(
                    "ALARM group {}: frozen at position {}: {}",
                    group,
                    current.tail().position(),
                    why);
            context.metrics().groupFrozen();
            become(new TailStatus.FrozenTail());
            reads.discardAll();
            current.evict();
        }
    }

    /// An entry within the history differs from the followed one. Nothing is delivered until it is
    /// repaired.
    void freezeAt(EntryRing current, long position) {
        brokenAt = position;
        freeze(current, "the store holds another history at position " + position);
    }

    /// @return 0 for none
    long brokenAt() {
        return brokenAt;
    }

    /// The head before the first entry; empty before the incarnation is known.
    Optional<Bytes> firstHead() {
        var current = ring;
        return current == null
                ? Optional.empty()
                : Optional.of(GroupHead.first(group, current.tail().last().incarnation()));
    }

    void repaired() {
        brokenAt = 0;
    }

    private void become(TailStatus next) {
        boolean frozen = next instanceof TailStatus.FrozenTail;
        if (frozen != status instanceof TailStatus.FrozenTail) {
            context.metrics().frozen(frozen ? 1 : -1);
        }
        status = next;
        for (var listener : listeners) {
            listener.moved();
        }
        deliverHeld();
    }

    // Methods callable on any thread.

    @Override
    public GroupId group() {
        return group;
    }

    @Override
    public TailStatus status() {
        return status;
    }

    @Override
    public @Nullable LiveDeliveries liveBuffer(long after, FrameFormat format) {
        var current = ring;
        var live = current == null ? null : current.liveBuffer(after, format);
        if (live != null && live.deliveries().count() > 1) {
            evictLiveBuffersLater();
        }
        return live;
    }

    @Override
    public @Nullable JoinedDeliveries catchUpBuffer(long after, FrameFormat format) {
        var current = ring;
        var joined = current == null ? null : current.catchUpBuffer(after, format);
        if (joined != null) {
            evictLiveBuffersLater();
            evictCatchUpBuffersLater();
        }
        return joined;
    }

    /// Keeps a result that was read from the log for some cursors, for use by others.
    ///
    /// @param read borrowed
    void remember(FrameFormat format, JoinedDeliveries read) {
        var current = ring;
        if (current != null) {
            current.remember(format, read);
            evictCatchUpBuffersLater();
        }
    }

    private void evictLiveBuffersLater() {
        if (!liveEvictionScheduled.get() && liveEvictionScheduled.compareAndSet(false, true)) {
            homeLoop.runAfter(LIVE_BUFFERS_KEPT_MILLIS, this::evictLiveBuffers);
        }
    }

    private void evictLiveBuffers() {
        liveEvictionScheduled.set(false);
        var current = ring;
        if (current != null) {
            current.evictLiveBuffers();
        }
    }

    private void evictCatchUpBuffersLater() {
        if (!catchUpEvictionScheduled.get()
                && catchUpEvictionScheduled.compareAndSet(false, true)) {
            homeLoop.runAfter(CATCH_UP_BUFFERS_KEPT_MILLIS, this::evictCatchUpBuffers);
        }
    }

    private void evictCatchUpBuffers() {
        catchUpEvictionScheduled.set(false);
        var current = ring;
        if (current != null && current.evictUnusedBuffers()) {
            evictCatchUpBuffersLater();
        }
    }

    @Override
    public void read(long after, TailListener listener) {
        homeLoop.run(() -> {
            if (!closed) {
                reads.request(after, listener);
            }
        });
    }

    @Override
    public void refresh(Consumer<Boolean> then) {
        homeLoop.run(() -> verifier.verify(then));
    }

    @Override
    public boolean confirms(MemberId member, long applied) {
        return provisional.takes(member, applied);
    }

    /// Entries were read for sessions that are behind.
    void read(List<LogEntry> entries) {
        entries.forEach(provisional::saw);
    }

    @Override
    public void add(TailListener listener) {
        listeners.add(listener);
    }

    @Override
    public void remove(TailListener listener) {
        listeners.remove(listener);
    }

    void close() {
        if (!homeLoop.run(this::closeNow)) {
            closeNow(); // the loop has stopped: nothing else runs there
        }
    }

    private void closeNow() {
        if (!closed) {
            closed = true;
            context.metrics().groups(-1);
            subscription.dispose();
            reads.close();
            verifier.close();
            var current = ring;
            if (current != null) {
                current.close();
            }
        }
    }
}
