package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupTail;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.Membership;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The attached sessions of one event loop. Calls from other threads run on the loop, before any
/// task that the loop itself queues later.
public final class EventLoopFanout {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoopFanout.class);

    private static final long LATER_MILLIS = 100;

    private record SubscribersKey(GroupId group, FrameFormat format) {}

    final EventLoop loop;
    final FanoutLimits limits;
    final FanoutMetrics metrics;
    final ByteBufAllocator allocator;
    private final WritePath path;
    private final GroupLog log;
    private final KnownIncarnations remembered;
    private final TailRegistry tails;
    private final MembershipReads memberships;

    private final IdentityHashMap<DeliverySink, SessionCursors> sessions = new IdentityHashMap<>();
    private final Map<SubscribersKey, GroupSubscribers> audiences = new HashMap<>();

    private final CatchUpScheduler turns;
    private boolean settling;
    private final Queue<Runnable> fromOutside = new ConcurrentLinkedQueue<>();
    private final Runnable outsideCalls = this::serveOutside;

    public EventLoopFanout(
            EventLoop loop,
            GroupLog log,
            KnownIncarnations remembered,
            TailRegistry tails,
            FanoutLimits limits,
            FanoutMetrics metrics,
            ByteBufAllocator allocator,
            Function<BiConsumer<DeliverySink, Throwable>, WritePath> openPath) {
        this.loop = loop;
        this.log = log;
        this.remembered = remembered;
        this.tails = tails;
        this.limits = limits;
        this.metrics = metrics;
        this.allocator = allocator;
        path = openPath.apply(this::failed);
        turns = new CatchUpScheduler(this);
        memberships = new MembershipReads(this, log);
    }

    public void attach(DeliverySink outlet, AttachRequest attachment) {
        if (isOurTurn()) {
            attachNow(outlet, attachment);
        } else {
            call(() -> attachNow(outlet, attachment));
        }
    }

    public void detach(DeliverySink outlet, GroupId group) {
        if (isOurTurn()) {
            detachNow(outlet, group);
        } else {
            call(() -> detachNow(outlet, group));
        }
    }

    public void ack(DeliverySink outlet, GroupId group, long position) {
        if (isOurTurn()) {
            ackNow(outlet, group, position);
        } else {
            call(() -> ackNow(outlet, group, position));
        }
    }

    public void writable(DeliverySink outlet) {
        if (isOurTurn()) {
            writableNow(outlet);
        } else {
            call(() -> writableNow(outlet));
        }
    }

    public void close(DeliverySink outlet) {
        if (isOurTurn()) {
            closeNow(outlet);
        } else {
            call(() -> closeNow(outlet));
        }
    }

    /// Removes every session without notice, and releases every tail.
    public void stop() {
        fromOutside.add(this::stopNow);
        if (!run(outsideCalls)) {
            serveOutside(); // the loop has stopped: nothing else runs there
        }
    }

    private void stopNow() {
        for (var outlet : sessions.keySet().toArray(DeliverySink[]::new)) {
            closeNow(outlet);
        }
        turns.end();
        path.close();
    }

    /// Whether a call may run now: on the loop, after all earlier calls of other threads, and not
    /// during [#settle].
    private boolean isOurTurn() {
        if (!loop.inEventLoop() || settling) {
            return false;
        }
        serveOutside();
        return true;
    }

    private void call(Runnable task) {
        fromOutside.add(task);
        run(outsideCalls);
    }

    private void serveOutside() {
        for (var task = fromOutside.poll(); task != null; task = fromOutside.poll()) {
            settle();
            task.run();
        }
    }

    /// @return false when the loop has stopped; it runs no more tasks
    boolean run(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException _) {
            LOG.debug("the event loop has stopped; it takes no more tasks");
            return false;
        }
    }

    /// Runs the task after the loop has polled its sockets once more. A task that is only queued
    /// again would run before that: the loop runs tasks for up to a second without a poll, and
    /// reads nothing meanwhile.
    void runAfterInput(Runnable task) {
        if (loop instanceof SingleThreadEventLoop yielding) {
            try {
                yielding.executeAfterEventLoopIteration(() -> run(task));
            } catch (RejectedExecutionException _) {
                LOG.debug("the event loop has stopped; nothing continues on it");
            }
        } else {
            run(task);
        }
    }

    private void attachNow(DeliverySink outlet, AttachRequest asked) {
        var session = sessions.computeIfAbsent(outlet, SessionCursors::new);
        var cursor = new DeliveryCursor(session, asked);
        var before = session.put(cursor);
        if (before != null) {
            drop(before);
        }
        authorise(cursor, asked);
    }

    /// Reads what the member may see.
    void authorise(DeliveryCursor cursor, AttachRequest asked) {
        become(cursor, CursorState.AUTHORISING);
        memberships.ask(cursor, asked);
    }

    /// The position that a read that begins now includes at least: all that this node has followed.
    long followedUpTo(GroupId group) {
        long upTo = 0;
        for (var format : FrameFormat.values()) {
            var audience = audiences.get(new SubscribersKey(group, format));
            upTo = Math.max(upTo, audience == null ? 0 : audience.followedUpTo());
        }
        return upTo;
    }

    /// @param upTo the membership includes every change of the roster up to this position
    void authorised(
            DeliveryCursor cursor, AttachRequest asked, long upTo, Optional<Membership> found) {
        if (cursor.isGone()) {
            return;
        }
        if (found.isEmpty()) {
            refuseStranger(cursor, asked);
            return;
        }
        cursor.authorisedUpTo = Math.max(cursor.authorisedUpTo, upTo);
        var audience = cursor.audience;
        if (audience == null) {
            audience = audienceOf(asked.group(), cursor.outlet.format());
            cursor.session.shareGroup(cursor, audience.group());
            audience.enter(cursor);
        }
        audience.place(cursor, asked, found.get());
    }

    private void refuseStranger(DeliveryCursor cursor, AttachRequest asked) {
        Mono.defer(() -> log.tail(asked.group()))
                .map(tail -> codeOfStranger(asked.group(), tail))
                .defaultIfEmpty(codeOfNoGroup(asked))
                .subscribe(
                        code -> run(() -> refuse(cursor, asked, code)),
                        failure -> run(() -> unavailable(cursor, asked, failure)));
    }

    private Code codeOfStranger(GroupId group, GroupTail tail) {
        return remembered.contradicts(group, tail.last().incarnation())
                ? Code.GROUP_FROZEN
                : Code.NOT_A_MEMBER;
    }

    /// The code for a group that the store does not have. If a client or this node remembers the
    /// group, the store has lost its history. A client that names an incarnation claims such a
    /// memory for itself, and the claim affects that client alone.
    private Code codeOfNoGroup(AttachRequest asked) {
        return remembered.isRemembered(asked.group()) || !asked.incarnation().isEmpty()
                ? Code.GROUP_FROZEN
                : Code.UNKNOWN_GROUP;
    }

    void unavailable(DeliveryCursor cursor, AttachRequest asked, Throwable failure) {
        LOG.debug("group {}: cannot attach a session: {}", asked.group(), failure.toString());
        refuse(cursor, asked, Code.UNAVAILABLE);
    }

    void refuse(DeliveryCursor cursor, AttachRequest asked, Code code) {
        if (cursor.isGone()) {
            return;
        }
        leave(cursor);
        tell(cursor, o -> o.refused(asked.group(), asked.requestId(), Refusal.of(code)));
    }

    void tell(DeliveryCursor cursor, Consumer<DeliverySink> what) {
        settle();
        try {
            what.accept(cursor.outlet);
        } catch (Throwable e) {
            failed(cursor.outlet, e);
        }
    }

    /// Writes to an outlet, at most once for each outlet between two calls of [#settle].
    ///
    /// @param frames borrowed
    void write(DeliveryCursor cursor, ByteBuf frames, int bytes) {
        try {
            path.write(cursor.outlet, frames, bytes);
        } catch (Throwable e) {
            failed(cursor.outlet, e);
        }
    }

    /// Sends the held-back writes now, before anything else happens to an outlet. Requests of
    /// outlets that come meanwhile wait until the end of this call.
    void settle() {
        if (!settling) {
            settling = true;
            try {
                path.settle();
            } finally {
                settling = false;
            }
        }
    }

    /// Runs a failed task again later. The likely cause is a lack of memory.
    void tryLater(Runnable task, Throwable failure) {
        LOG.error("delivery failed on an event loop; retrying later", failure);
        var _ = loop.schedule(task, LATER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// A failure of an outlet ends its own session and does not affect the pass.
    void failed(DeliverySink outlet, Throwable failure) {
        LOG.error("an outlet failed; its session ends", failure);
        closeNow(outlet);
        try {
            outlet.fail();
        } catch (Throwable e) {
            LOG.error("an outlet failed, and ending its session failed too", e);
        }
    }

    private GroupSubscribers audienceOf(GroupId group, FrameFormat format) {
        var key = new SubscribersKey(group, format);
        var audience = audiences.get(key);
        if (audience == null) {
            audience = new GroupSubscribers(this, tails.hold(group, loop), format);
            audiences.put(key, audience);
            audience.open();
        }
        return audience;
    }

    void audienceEnded(GroupSubscribers audience) {
        audiences.remove(new SubscribersKey(audience.group(), audience.format()), audience);
        tails.letGo(audience.tail());
    }

    private void detachNow(DeliverySink outlet, GroupId group) {
        var cursor = find(outlet, group);
        if (cursor != null) {
            leave(cursor);
        }
        outlet.detached(group, DetachReason.REQUESTED);
    }

    private void ackNow(DeliverySink outlet, GroupId group, long position) {
        var cursor = find(outlet, group);
        if (cursor != null && cursor.ack(position) && cursor.state == CursorState.WINDOW_SHUT) {
            queue(cursor);
        }
    }

    private void writableNow(DeliverySink outlet) {
        var session = sessions.get(outlet);
        if (session == null) {
            return;
        }
        for (var c = session.pollUnwritable(); c != null; c = session.pollUnwritable()) {
            queue(c);
        }
    }

    private void closeNow(DeliverySink outlet) {
        var session = sessions.remove(outlet);
        if (session == null) {
            return;
        }
        session.takeAll().forEach(this::drop);
    }

    private @Nullable DeliveryCursor find(DeliverySink outlet, GroupId group) {
        var session = sessions.get(outlet);
        return session == null ? null : session.find(group);
    }

    /// Detaches the cursor from its group.
    void leave(DeliveryCursor cursor) {
        cursor.session.remove(cursor);
        drop(cursor);
    }

    private void drop(DeliveryCursor cursor) {
        if (cursor.isGone()) {
            return;
        }
        var audience = cursor.audience;
        if (audience != null) {
            audience.exit(cursor);
        }
        become(cursor, CursorState.GONE);
    }

    /// Queues the cursor for its next turn.
    void queue(DeliveryCursor cursor) {
        become(cursor, CursorState.READY);
        turns.add(cursor);
    }

    void queue(ReadCompletion wave) {
        turns.add(wave);
    }

    /// The only method that changes a cursor's state.
    void become(DeliveryCursor cursor, CursorState next) {
        var before = cursor.state;
        if (before == CursorState.GONE) {
            throw new IllegalStateException("a cursor that is gone cannot become " + next);
        }
        if (before == CursorState.UNWRITABLE && next == CursorState.GONE) {
            cursor.session.removeUnwritable(cursor);
        }
        cursor.state = next;
        if (next == CursorState.UNWRITABLE) {
            cursor.session.addUnwritable(cursor);
        }
        int change = (next.isBehind() ? 1 : 0) - (before.isBehind() ? 1 : 0);
        if (change != 0) {
            metrics.behind(change);
        }
        if (change < 0) {
            turns.left(cursor);
        }
    }
}
