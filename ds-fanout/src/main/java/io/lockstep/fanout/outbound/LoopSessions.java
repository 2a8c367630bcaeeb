package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Attachment;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.outbound.Cursor.State;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupTail;
import io.lockstep.log.Membership;
import io.lockstep.log.RememberedGroups;
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
public final class LoopSessions {
    private static final Logger LOG = LoggerFactory.getLogger(LoopSessions.class);

    private static final long LATER_MILLIS = 100;

    private record AudienceKey(GroupId group, FrameFormat format) {}

    final EventLoop loop;
    final FanoutLimits limits;
    final FanoutMetrics metrics;
    final ByteBufAllocator allocator;
    private final WritePath path;
    private final GroupLog log;
    private final RememberedGroups remembered;
    private final Tails tails;
    private final MembershipReads memberships;

    private final IdentityHashMap<Outlet, SessionCursors> sessions = new IdentityHashMap<>();
    private final Map<AudienceKey, Audience> audiences = new HashMap<>();

    private final CatchUpTurns turns;
    private boolean settling;
    private final Queue<Runnable> fromOutside = new ConcurrentLinkedQueue<>();
    private final Runnable outsideCalls = this::serveOutside;

    public LoopSessions(
            EventLoop loop,
            GroupLog log,
            RememberedGroups remembered,
            Tails tails,
            FanoutLimits limits,
            FanoutMetrics metrics,
            ByteBufAllocator allocator,
            Function<BiConsumer<Outlet, Throwable>, WritePath> openPath) {
        this.loop = loop;
        this.log = log;
        this.remembered = remembered;
        this.tails = tails;
        this.limits = limits;
        this.metrics = metrics;
        this.allocator = allocator;
        path = openPath.apply(this::failed);
        turns = new CatchUpTurns(this);
        memberships = new MembershipReads(this, log);
    }

    public void attach(Outlet outlet, Attachment attachment) {
        if (isOurTurn()) {
            attachNow(outlet, attachment);
        } else {
            call(() -> attachNow(outlet, attachment));
        }
    }

    public void detach(Outlet outlet, GroupId group) {
        if (isOurTurn()) {
            detachNow(outlet, group);
        } else {
            call(() -> detachNow(outlet, group));
        }
    }

    public void ack(Outlet outlet, GroupId group, long position) {
        if (isOurTurn()) {
            ackNow(outlet, group, position);
        } else {
            call(() -> ackNow(outlet, group, position));
        }
    }

    public void writable(Outlet outlet) {
        if (isOurTurn()) {
            writableNow(outlet);
        } else {
            call(() -> writableNow(outlet));
        }
    }

    public void close(Outlet outlet) {
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
        for (var outlet : sessions.keySet().toArray(Outlet[]::new)) {
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

    private void attachNow(Outlet outlet, Attachment asked) {
        var session = sessions.computeIfAbsent(outlet, SessionCursors::new);
        var cursor = new Cursor(session, asked);
        var before = session.put(cursor);
        if (before != null) {
            drop(before);
        }
        authorise(cursor, asked);
    }

    /// Reads what the member may see.
    void authorise(Cursor cursor, Attachment asked) {
        become(cursor, State.AUTHORISING);
        memberships.ask(cursor, asked);
    }

    /// The position that a read that begins now includes at least: all that this node has followed.
    long followedUpTo(GroupId group) {
        long upTo = 0;
        for (var format : FrameFormat.values()) {
            var audience = audiences.get(new AudienceKey(group, format));
            upTo = Math.max(upTo, audience == null ? 0 : audience.followedUpTo());
        }
        return upTo;
    }

    /// @param upTo the membership includes every change of the roster up to this position
    void authorised(Cursor cursor, Attachment asked, long upTo, Optional<Membership> found) {
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

    private void refuseStranger(Cursor cursor, Attachment asked) {
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
    private Code codeOfNoGroup(Attachment asked) {
        return remembered.isRemembered(asked.group()) || !asked.incarnation().isEmpty()
                ? Code.GROUP_FROZEN
                : Code.UNKNOWN_GROUP;
    }

    void unavailable(Cursor cursor, Attachment asked, Throwable failure) {
        LOG.debug("group {}: cannot attach a session: {}", asked.group(), failure.toString());
        refuse(cursor, asked, Code.UNAVAILABLE);
    }

    void refuse(Cursor cursor, Attachment asked, Code code) {
        if (cursor.isGone()) {
            return;
        }
        leave(cursor);
        tell(cursor, o -> o.refused(asked.group(), asked.requestId(), Refusal.of(code)));
    }

    void tell(Cursor cursor, Consumer<Outlet> what) {
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
    void write(Cursor cursor, ByteBuf frames, int bytes) {
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
    void failed(Outlet outlet, Throwable failure) {
        LOG.error("an outlet failed; its session ends", failure);
        closeNow(outlet);
        try {
            outlet.fail();
        } catch (Throwable e) {
            LOG.error("an outlet failed, and ending its session failed too", e);
        }
    }

    private Audience audienceOf(GroupId group, FrameFormat format) {
        var key = new AudienceKey(group, format);
        var audience = audiences.get(key);
        if (audience == null) {
            audience = new Audience(this, tails.hold(group, loop), format);
            audiences.put(key, audience);
            audience.open();
        }
        return audience;
    }

    void audienceEnded(Audience audience) {
        audiences.remove(new AudienceKey(audience.group(), audience.format()), audience);
        tails.letGo(audience.tail());
    }

    private void detachNow(Outlet outlet, GroupId group) {
        var cursor = find(outlet, group);
        if (cursor != null) {
            leave(cursor);
        }
        outlet.detached(group, DetachReason.REQUESTED);
    }

    private void ackNow(Outlet outlet, GroupId group, long position) {
        var cursor = find(outlet, group);
        if (cursor != null && cursor.ack(position) && cursor.state == State.WINDOW_SHUT) {
            queue(cursor);
        }
    }

    private void writableNow(Outlet outlet) {
        var session = sessions.get(outlet);
        if (session == null) {
            return;
        }
        for (var c = session.pollUnwritable(); c != null; c = session.pollUnwritable()) {
            queue(c);
        }
    }

    private void closeNow(Outlet outlet) {
        var session = sessions.remove(outlet);
        if (session == null) {
            return;
        }
        session.takeAll().forEach(this::drop);
    }

    private @Nullable Cursor find(Outlet outlet, GroupId group) {
        var session = sessions.get(outlet);
        return session == null ? null : session.find(group);
    }

    /// Detaches the cursor from its group.
    void leave(Cursor cursor) {
        cursor.session.remove(cursor);
        drop(cursor);
    }

    private void drop(Cursor cursor) {
        if (cursor.isGone()) {
            return;
        }
        var audience = cursor.audience;
        if (audience != null) {
            audience.exit(cursor);
        }
        become(cursor, State.GONE);
    }

    /// Queues the cursor for its next turn.
    void queue(Cursor cursor) {
        become(cursor, State.READY);
        turns.add(cursor);
    }

    void queue(Wave wave) {
        turns.add(wave);
    }

    /// The only method that changes a cursor's state.
    void become(Cursor cursor, State next) {
        var before = cursor.state;
        if (before == State.GONE) {
            throw new IllegalStateException("a cursor that is gone cannot become " + next);
        }
        if (before == State.UNWRITABLE && next == State.GONE) {
            cursor.session.removeUnwritable(cursor);
        }
        cursor.state = next;
        if (next == State.UNWRITABLE) {
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
