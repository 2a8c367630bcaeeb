package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.fanout.outbound.LiveDeliveries;
import io.lockstep.fanout.outbound.SharedTail;
import io.lockstep.fanout.outbound.TailListener;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.log.HistoryCheck;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
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

/// Follows one group's log for all event loops of this node, for as long as one of them has a session in
/// it.
///
/// Notices are hints: positions are dense and heads chain, so what is missing, doubled, out of order or
/// of another history shows, and then the log itself is compared with ([Comparison]).
///
/// Threads: [SharedTail]'s methods are *thread-safe*; all else is *confined to the home event loop*.
final class GroupFollower implements SharedTail {
    private static final Logger LOG = LoggerFactory.getLogger(GroupFollower.class);

    /// How long joined buffers are kept for others who ask for the same.
    private static final long JOINS_KEPT_MILLIS = 1_000;

    /// How long what those behind were shown is kept for others on the same way; up to twice as long. Members
    /// who are cut off together come back over some tens of seconds.
    private static final long PIECES_KEPT_MILLIS = 5_000;

    /// As long as it takes to find out by the timer that notices were lost.
    private static final long EPHEMERAL_HELD_MILLIS = 2_000;

    private final GroupId group;
    private final FollowerContext context;
    private final Home home;
    private final NoticeBox notices;
    private final CatchUpReads reads;
    private final Comparison comparison;
    private final HeldEphemerals held;
    private final Backoff backoff = new Backoff();
    private final List<TailListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean drainDue = new AtomicBoolean();
    private final AtomicBoolean joinsKept = new AtomicBoolean();
    private final AtomicBoolean piecesKept = new AtomicBoolean();
    private final Runnable drain = this::drain;
    private final Disposable.Swap subscription = Disposables.swap();

    private volatile Standing standing = new Standing.Starting();

    /// Set with the first Check.
    private volatile @Nullable EntryRing ring;

    private boolean closed;

    /// The position of an entry that does not continue the one before it: nothing is shown until it does. 0 for none.
    private long brokenAt;

    GroupFollower(GroupId group, FollowerContext context, EventLoop homeLoop) {
        this.group = group;
        this.context = context;
        home = new Home(homeLoop);
        notices = new NoticeBox(context.limits().noticesBytesMax());
        held =
                new HeldEphemerals(
                        context.limits().ephemeralsMax(),
                        context.limits().noticesBytesMax(),
                        EPHEMERAL_HELD_MILLIS * 1_000_000);
        comparison = new Comparison(this, context, home);
        reads = new CatchUpReads(this, context, home);
    }

    void start() {
        context.metrics().groups(1);
        home.run(this::subscribe);
    }

    private void subscribe() {
        if (!closed) {
            subscription.update(
                    context.log()
                            .follow(group)
                            .subscribe(
                                    this::offer,
                                    failure -> home.run(() -> cutOff(failure.toString())),
                                    () -> home.run(this::ended)));
        }
    }

    /// The log says that there is no such group. If it was followed before, that is another history.
    private void ended() {
        if (ring != null) {
            compare();
        }
        cutOff("the log ended it");
    }

    /// Follows again; the Check that comes first tells what was missed.
    private void cutOff(String why) {
        if (closed) {
            return;
        }
        LOG.debug("group {}: following was cut off: {}", group, why);
        unavailable();
        home.runAfter(backoff.nextMillis(), this::subscribe);
    }

    /// Those who wait for a first word of the log wait no longer.
    void unavailable() {
        if (standing instanceof Standing.Starting) {
            become(new Standing.Unavailable());
        }
    }

    // The log's threads.

    private void offer(LogNotice notice) {
        try {
            if (!notices.offer(notice)) {
                context.metrics().noticesDropped();
            }
        } catch (Throwable e) { // for want of memory, most likely
            notices.lose();
        }
        if (drainDue.compareAndSet(false, true)) {
            home.run(drain);
        }
    }

    // The home event loop.

    private void drain() {
        drainDue.set(false);
        for (var notice = notices.poll(); notice != null && !closed; notice = notices.poll()) {
            try {
                accept(notice);
            } catch (Throwable e) {
                LOG.error("group {}: a notice was lost", group, e);
                notices.lose();
            }
        }
        try {
            tellIfAppended();
        } catch (Throwable e) {
            LOG.error("group {}: what was appended is told later", group, e);
            notices.lose();
        }
        if (notices.takeLost() && !closed) {
            compare();
        }
    }

    private void accept(LogNotice notice) {
        switch (notice) {
            case LogNotice.Check(_, var tail) -> check(tail);
            case LogNotice.Appended(_, var entries) -> appended(entries);
            case LogNotice.Ephemeral ephemeral -> show(ephemeral);
        }
    }

    private void check(GroupTail tail) {
        backoff.reset();
        var known = ring;
        if (known == null) {
            ring =
                    new EntryRing(
                            group, tail, context.limits(), context.allocator(), context.budget());
            context.remembered().seen(group, tail.last().incarnation());
            compare();
        } else if (!tail.last().equals(known.tail().last()) || !isLive()) {
            compare();
        }
    }

    private void appended(List<LogEntry> entries) {
        var known = ring;
        if (known == null) {
            return; // the first Check tells of them
        }
        if (!isLive()) {
            // The read under way may be older than they are.
            comparison.askIfUnderWay();
            return;
        }
        for (var entry : entries) {
            if (entry.position() > known.tail().position() && !append(known, entry)) {
                compare();
                break;
            }
        }
    }

    /// Once for all notices that wait together, so that listeners show them together.
    private void tellIfAppended() {
        var known = ring;
        if (known != null
                && standing instanceof Standing.Live(var told)
                && known.tail().position() > told.position()) {
            become(new Standing.Live(known.tail()));
        }
    }

    /// @return false when it does not continue what was followed: something is missing, or worse
    private boolean append(EntryRing known, LogEntry entry) {
        if (!continues(known.tail(), entry)) {
            return false;
        }
        known.append(entry);
        return true;
    }

    private boolean continues(GroupTail tail, LogEntry entry) {
        return HistoryCheck.firstBroken(group, tail.last(), List.of(entry)).isEmpty();
    }

    private void show(LogNotice.Ephemeral ephemeral) {
        tellIfAppended();
        if (!(standing instanceof Standing.Live(var tail))) {
            return;
        }
        if (ephemeral.decidedAt() > tail.position()) {
            hold(ephemeral);
            return;
        }
        show(ephemeral, tail);
    }

    /// The entries that it was decided after have not come yet, or were lost: they are asked for.
    private void hold(LogNotice.Ephemeral ephemeral) {
        if (!held.hold(ephemeral, context.clock().nanos())) {
            context.metrics().ephemeralDropped();
            return;
        }
        compare();
        home.runAfter(EPHEMERAL_HELD_MILLIS, this::showHeld);
    }

    private void showHeld() {
        if (held.isEmpty() || closed) {
            return;
        }
        long upTo = standing instanceof Standing.Live(var tail) ? tail.position() : -1;
        for (var ephemeral : held.take(upTo, context.clock().nanos())) {
            show(ephemeral);
        }
    }

    private void show(LogNotice.Ephemeral ephemeral, GroupTail tail) {
        var frames = new EnumMap<FrameFormat, ByteBuf>(FrameFormat.class);
        try {
            for (var listener : listeners) {
                var frame =
                        frames.computeIfAbsent(
                                listener.format(),
                                format ->
                                        Deliveries.encode(format, context.allocator(), ephemeral));
                listener.ephemeral(frame.retain(), tail.position());
            }
        } finally {
            frames.values().forEach(ByteBuf::release);
        }
    }

    boolean isLive() {
        return standing instanceof Standing.Live;
    }

    // What the comparison finds.

    boolean isClosed() {
        return closed;
    }

    /// @return null before the first Check
    @Nullable EntryRing ring() {
        return ring;
    }

    /// Looks whether the log still says what was followed.
    void compare() {
        comparison.ask(_ -> {});
    }

    /// The log continues what was followed.
    void confirmed(EntryRing known) {
        if (context.remembered().contradicts(group, known.tail().last().incarnation())) {
            freeze(known, "the store holds another life of the group");
            return;
        }
        if (standing instanceof Standing.Frozen) {
            LOG.warn(
                    "group {}: the store holds position {} again; the group is no longer frozen",
                    group,
                    known.tail().position());
        }
        become(new Standing.Live(known.tail()));
    }

    /// The store holds less than was shown, or something else. Nothing more is shown (invariant I3).
    void freeze(EntryRing known, String why) {
        if (!(standing instanceof Standing.Frozen)) {
            LOG.error(
                    "ALARM group {}: frozen at position {}: {}",
                    group,
                    known.tail().position(),
                    why);
            context.metrics().groupFrozen();
            become(new Standing.Frozen());
            reads.distrust();
            known.evict();
        }
    }

    /// An entry inside of the history is another one than it was: nothing is shown until it is mended.
    void freezeAt(EntryRing known, long position) {
        brokenAt = position;
        freeze(known, "the store holds another history at position " + position);
    }

    /// @return 0 for none
    long brokenAt() {
        return brokenAt;
    }

    /// The head before the first entry; empty before the incarnation is known.
    Optional<Bytes> firstHead() {
        var known = ring;
        return known == null
                ? Optional.empty()
                : Optional.of(GroupHead.first(group, known.tail().last().incarnation()));
    }

    void mended() {
        brokenAt = 0;
    }

    private void become(Standing next) {
        boolean frozen = next instanceof Standing.Frozen;
        if (frozen != standing instanceof Standing.Frozen) {
            context.metrics().frozen(frozen ? 1 : -1);
        }
        standing = next;
        for (var listener : listeners) {
            listener.moved();
        }
        showHeld();
    }

    // Any thread.

    @Override
    public GroupId group() {
        return group;
    }

    @Override
    public Standing standing() {
        return standing;
    }

    @Override
    public @Nullable LiveDeliveries live(long after, FrameFormat format) {
        var known = ring;
        var live = known == null ? null : known.live(after, format);
        if (live != null && live.deliveries().count() > 1) {
            dropJoinsLater();
        }
        return live;
    }

    @Override
    public @Nullable JoinedDeliveries joined(long after, FrameFormat format) {
        var known = ring;
        var joined = known == null ? null : known.joined(after, format);
        if (joined != null) {
            dropJoinsLater();
            dropPiecesLater();
        }
        return joined;
    }

    /// Keeps for others what was read from the log for some.
    ///
    /// @param read borrowed
    void remember(FrameFormat format, JoinedDeliveries read) {
        var known = ring;
        if (known != null) {
            known.remember(format, read);
            dropPiecesLater();
        }
    }

    private void dropJoinsLater() {
        if (!joinsKept.get() && joinsKept.compareAndSet(false, true)) {
            home.runAfter(JOINS_KEPT_MILLIS, this::dropJoins);
        }
    }

    private void dropJoins() {
        joinsKept.set(false);
        var known = ring;
        if (known != null) {
            known.dropJoins();
        }
    }

    private void dropPiecesLater() {
        if (!piecesKept.get() && piecesKept.compareAndSet(false, true)) {
            home.runAfter(PIECES_KEPT_MILLIS, this::dropPieces);
        }
    }

    private void dropPieces() {
        piecesKept.set(false);
        var known = ring;
        if (known != null && known.dropUnusedPieces()) {
            dropPiecesLater();
        }
    }

    @Override
    public void read(long after, TailListener listener) {
        home.run(() -> {
            if (!closed) {
                reads.ask(after, listener);
            }
        });
    }

    @Override
    public void refresh(Consumer<Boolean> then) {
        home.run(() -> comparison.ask(then));
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
        if (!home.run(this::closeNow)) {
            closeNow(); // the loop has stopped: nothing else runs there
        }
    }

    private void closeNow() {
        if (!closed) {
            closed = true;
            context.metrics().groups(-1);
            subscription.dispose();
            reads.close();
            comparison.close();
            var known = ring;
            if (known != null) {
                known.close();
            }
        }
    }
}
