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
import io.lockstep.wire.Bytes;
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

/// Attaches the sessions of one event loop to groups, and sends them the groups' deliveries. Public
/// methods are thread-safe: calls from other threads run on the loop, before any task that the loop
/// itself queues later.
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
    private final Map<SubscribersKey, GroupSubscribers> subscribersByGroup = new HashMap<>();

    private final CatchUpScheduler scheduler;
    private boolean settling;
    private final Queue<Runnable> externalTasks = new ConcurrentLinkedQueue<>();
    private final Runnable drainTask = this::drainExternalTasks;

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
        scheduler = new CatchUpScheduler(this);
        memberships = new MembershipReads(this, log);
    }

    public void attach(DeliverySink sink, AttachRequest request) {
        if (canRunNow()) {
            attachNow(sink, request);
        } else {
            call(() -> attachNow(sink, request));
        }
    }

    public void detach(DeliverySink sink, GroupId group) {
        if (canRunNow()) {
            detachNow(sink, group);
        } else {
            call(() -> detachNow(sink, group));
        }
    }

    public void ack(DeliverySink sink, GroupId group, long position) {
        if (canRunNow()) {
            ackNow(sink, group, position);
        } else {
            call(() -> ackNow(sink, group, position));
        }
    }

    public void writable(DeliverySink sink) {
        if (canRunNow()) {
            writableNow(sink);
        } else {
            call(() -> writableNow(sink));
        }
    }

    public void close(DeliverySink sink) {
        if (canRunNow()) {
            closeNow(sink);
        } else {
            call(() -> closeNow(sink));
        }
    }

    /// Removes every session without notice, and releases every tail.
    public void stop() {
        externalTasks.add(this::stopNow);
        if (!run(drainTask)) {
            drainExternalTasks(); // the loop has stopped: nothing else runs there
        }
    }

    private void stopNow() {
        for (var sink : sessions.keySet().toArray(DeliverySink[]::new)) {
            closeNow(sink);
        }
        scheduler.end();
        path.close();
    }

    /// Whether a call may run now: on the loop, after all earlier calls of other threads, and not
    /// during [#settle].
    private boolean canRunNow() {
        if (!loop.inEventLoop() || settling) {
            return false;
        }
        drainExternalTasks();
        return true;
    }

    private void call(Runnable task) {
        externalTasks.add(task);
        run(drainTask);
    }

    private void drainExternalTasks() {
        for (var task = externalTasks.poll(); task != null; task = externalTasks.poll()) {
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

    private void attachNow(DeliverySink sink, AttachRequest request) {
        var session = sessions.computeIfAbsent(sink, SessionCursors::new);
        var cursor = new DeliveryCursor(session, request);
        var before = session.put(cursor);
        if (before != null) {
            drop(before);
        }
        authorise(cursor, request);
    }

    /// Reads what the member may see.
    void authorise(DeliveryCursor cursor, AttachRequest request) {
        become(cursor, CursorState.AUTHORISING);
        memberships.request(cursor, request);
    }

    /// The position that a read that begins now includes at least: all that this node has followed.
    long followedUpTo(GroupId group) {
        long upTo = 0;
        for (var format : FrameFormat.values()) {
            var subscribers = subscribersByGroup.get(new SubscribersKey(group, format));
            upTo = Math.max(upTo, subscribers == null ? 0 : subscribers.followedUpTo());
        }
        return upTo;
    }

    /// @param upTo the membership includes every change of the roster up to this position
    void authorised(
            DeliveryCursor cursor, AttachRequest request, long upTo, Optional<Membership> found) {
        if (cursor.isGone()) {
            return;
        }
        if (found.isEmpty()) {
            refuseOutsider(cursor, request);
            return;
        }
        cursor.authorisedUpTo = Math.max(cursor.authorisedUpTo, upTo);
        var subscribers = cursor.subscribers;
        if (subscribers == null) {
            subscribers = subscribersOf(request.group(), cursor.sink.format());
            cursor.session.shareGroup(cursor, subscribers.group());
            subscribers.enter(cursor);
        }
        subscribers.attach(cursor, request, found.get());
    }

    private void refuseOutsider(DeliveryCursor cursor, AttachRequest request) {
        Mono.defer(() -> log.tail(request.group()))
                .flatMap(tail -> codeOfOutsider(request.group(), tail))
                .switchIfEmpty(Mono.defer(() -> codeOfNoGroup(request)))
                .subscribe(
                        code -> run(() -> refuse(cursor, request, code)),
                        failure -> run(() -> unavailable(cursor, request, failure)));
    }

    private Mono<Code> codeOfOutsider(GroupId group, GroupTail tail) {
        return remembered
                .incarnation(group)
                .filter(known -> !known.equals(tail.last().incarnation()))
                .map(known -> deletedOrFrozen(group, known, Code.NOT_A_MEMBER))
                .orElseGet(() -> Mono.just(Code.NOT_A_MEMBER));
    }

    /// The code for a group that the store does not have. If a client or this node remembers the
    /// group, it was deleted, or the store has lost its history. A client that names an incarnation
    /// claims such a memory for itself, and the claim affects that client alone.
    private Mono<Code> codeOfNoGroup(AttachRequest request) {
        var group = request.group();
        return request.incarnation().isEmpty()
                ? remembered
                        .incarnation(group)
                        .map(known -> deletedOrFrozen(group, known, Code.UNKNOWN_GROUP))
                        .orElseGet(() -> Mono.just(Code.UNKNOWN_GROUP))
                : deletedOrFrozen(group, request.incarnation(), Code.GROUP_DELETED);
    }

    /// @param deleted the code if the group was deleted under the incarnation
    private Mono<Code> deletedOrFrozen(GroupId group, Bytes incarnation, Code deleted) {
        return log.isDeleted(group, incarnation)
                .map(isDeleted -> isDeleted ? deleted : Code.GROUP_FROZEN);
    }

    void unavailable(DeliveryCursor cursor, AttachRequest request, Throwable failure) {
        LOG.debug("group {}: cannot attach a session: {}", request.group(), failure.toString());
        refuse(cursor, request, Code.UNAVAILABLE);
    }

    void refuse(DeliveryCursor cursor, AttachRequest request, Code code) {
        if (cursor.isGone()) {
            return;
        }
        leave(cursor);
        tell(cursor, o -> o.refused(request.group(), request.requestId(), Refusal.of(code)));
    }

    void tell(DeliveryCursor cursor, Consumer<DeliverySink> what) {
        settle();
        try {
            what.accept(cursor.sink);
        } catch (Throwable e) {
            failed(cursor.sink, e);
        }
    }

    /// Writes to a sink, at most once for each sink between two calls of [#settle].
    ///
    /// @param frames borrowed
    void write(DeliveryCursor cursor, ByteBuf frames, int bytes) {
        try {
            path.write(cursor.sink, frames, bytes);
        } catch (Throwable e) {
            failed(cursor.sink, e);
        }
    }

    /// Sends the held-back writes now, before anything else happens to a sink. Requests of
    /// sinks that come meanwhile wait until the end of this call.
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
    void retryLater(Runnable task, Throwable failure) {
        LOG.error("delivery failed on an event loop; retrying later", failure);
        var _ = loop.schedule(task, LATER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// A failure of a sink ends its own session and does not affect the pass.
    void failed(DeliverySink sink, Throwable failure) {
        LOG.error("a sink failed; its session ends", failure);
        closeNow(sink);
        try {
            sink.fail();
        } catch (Throwable e) {
            LOG.error("a sink failed, and ending its session failed too", e);
        }
    }

    private GroupSubscribers subscribersOf(GroupId group, FrameFormat format) {
        var key = new SubscribersKey(group, format);
        var subscribers = subscribersByGroup.get(key);
        if (subscribers == null) {
            subscribers = new GroupSubscribers(this, tails.acquire(group, loop), format);
            subscribersByGroup.put(key, subscribers);
            subscribers.open();
        }
        return subscribers;
    }

    void subscribersEnded(GroupSubscribers subscribers) {
        subscribersByGroup.remove(
                new SubscribersKey(subscribers.group(), subscribers.format()), subscribers);
        tails.release(subscribers.tail());
    }

    private void detachNow(DeliverySink sink, GroupId group) {
        var cursor = find(sink, group);
        if (cursor != null) {
            leave(cursor);
        }
        sink.detached(group, DetachReason.REQUESTED);
    }

    private void ackNow(DeliverySink sink, GroupId group, long position) {
        var cursor = find(sink, group);
        if (cursor == null) {
            return;
        }
        if (cursor.ack(position) && cursor.state == CursorState.WINDOW_FULL) {
            queue(cursor);
        }
        applied(cursor, cursor.acknowledged());
    }

    /// The client has applied the log up to a position.
    void applied(DeliveryCursor cursor, long position) {
        var subscribers = cursor.subscribers;
        if (subscribers != null
                && cursor.attached
                && !cursor.headIsUnchecked()
                && subscribers.tail().confirms(cursor.member, position)) {
            tell(cursor, sink -> sink.confirms(subscribers.group(), position));
        }
    }

    private void writableNow(DeliverySink sink) {
        var session = sessions.get(sink);
        if (session == null) {
            return;
        }
        for (var c = session.pollUnwritable(); c != null; c = session.pollUnwritable()) {
            queue(c);
        }
    }

    private void closeNow(DeliverySink sink) {
        var session = sessions.remove(sink);
        if (session == null) {
            return;
        }
        session.takeAll().forEach(this::drop);
    }

    private @Nullable DeliveryCursor find(DeliverySink sink, GroupId group) {
        var session = sessions.get(sink);
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
        var subscribers = cursor.subscribers;
        if (subscribers != null) {
            subscribers.exit(cursor);
        }
        become(cursor, CursorState.GONE);
    }

    /// Queues the cursor for a later slice.
    void queue(DeliveryCursor cursor) {
        become(cursor, CursorState.READY);
        scheduler.add(cursor);
    }

    void queue(ReadCompletion completion) {
        scheduler.add(completion);
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
            scheduler.release(cursor);
        }
    }
}
