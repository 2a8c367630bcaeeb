package io.lockstep.fanout.tail;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.Fanout;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.outbound.EventLoopFanout;
import io.lockstep.fanout.outbound.FanoutMetrics;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fan-out over a [GroupLog]: one follower per group with sessions on this node, one encoding of an
/// entry per format, one task per event loop and broadcast, one cursor per session and group.
///
/// A sent answer does not wait for other sessions: `position delivered ≤ position followed ≤
/// durable tail`.
///
/// Threads: *thread-safe*.
public final class LogFanout implements Fanout, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogFanout.class);

    private final GroupLog log;
    private final KnownIncarnations remembered;
    private final FanoutLimits limits;
    private final ByteBufAllocator allocator;
    private final FanoutMetrics metrics;
    private final FollowerRegistry followers;
    private final WritePathChoice writePath;
    private final ConcurrentHashMap<EventLoop, EventLoopFanout> loops = new ConcurrentHashMap<>();

    /// @param allocator allocates the frames; it must be direct and pooled, otherwise every write
    ///     copies
    /// @throws IllegalStateException when the machine lacks the write path that was requested by
    ///     name
    public LogFanout(
            GroupLog log,
            FanoutLimits limits,
            WritePathChoice writePath,
            MeterRegistry registry,
            ByteBufAllocator allocator) {
        this(
                log,
                new KnownIncarnations(KnownIncarnations.DEFAULT_MAX),
                limits,
                writePath,
                registry,
                allocator,
                MonotonicClock.SYSTEM);
    }

    /// @param remembered the groups that this node has seen, shared with all their readers
    public LogFanout(
            GroupLog log,
            KnownIncarnations remembered,
            FanoutLimits limits,
            WritePathChoice writePath,
            MeterRegistry registry,
            ByteBufAllocator allocator,
            MonotonicClock clock) {
        this.log = log;
        this.remembered = remembered;
        this.limits = limits;
        this.allocator = allocator;
        metrics = new FanoutMetrics(registry);
        this.writePath = writePath.settled();
        LOG.info("write path of broadcasts: {}", this.writePath);
        followers =
                new FollowerRegistry(
                        FollowerContext.of(log, remembered, limits, allocator, metrics, clock));
    }

    /// The number of groups with stopped delivery, because the store contradicts what this node has
    /// delivered.
    public int frozenGroups() {
        return metrics.frozenGroups();
    }

    @Override
    public void attach(DeliverySink sink, AttachRequest request) {
        sessionsOf(sink).attach(sink, request);
    }

    @Override
    public void detach(DeliverySink sink, GroupId group) {
        sessionsOf(sink).detach(sink, group);
    }

    @Override
    public void ack(DeliverySink sink, GroupId group, long position) {
        sessionsOf(sink).ack(sink, group, position);
    }

    @Override
    public void writable(DeliverySink sink) {
        sessionsOf(sink).writable(sink);
    }

    @Override
    public void close(DeliverySink sink) {
        sessionsOf(sink).close(sink);
    }

    private EventLoopFanout sessionsOf(DeliverySink sink) {
        var loop = sink.eventLoop();
        var known = loops.get(loop);
        return known != null ? known : loops.computeIfAbsent(loop, this::sessionsOn);
    }

    private EventLoopFanout sessionsOn(EventLoop loop) {
        return new EventLoopFanout(
                loop,
                log,
                remembered,
                followers,
                limits,
                metrics,
                allocator,
                failed -> writePath.open(limits.sliceSessions(), allocator, failed));
    }

    /// Stops all deliveries and releases all buffers: on the event loops, or on the calling thread
    /// where they have stopped.
    @Override
    public void close() {
        loops.values().forEach(EventLoopFanout::stop);
        followers.close();
    }
}
