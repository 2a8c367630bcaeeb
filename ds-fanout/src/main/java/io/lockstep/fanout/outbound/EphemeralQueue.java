package io.lockstep.fanout.outbound;

import io.lockstep.fanout.FanoutLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A bounded queue of ephemeral frames for one group on one event loop. Frames that do not fit are
/// dropped. Thread-safe; one thread takes from it.
final class EphemeralQueue {
    private record QueuedEphemeral(ByteBuf frame, long after) {}

    private final FanoutLimits limits;
    private final FanoutMetrics metrics;
    private final Queue<QueuedEphemeral> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean closed;

    EphemeralQueue(FanoutLimits limits, FanoutMetrics metrics) {
        this.limits = limits;
        this.metrics = metrics;
    }

    /// @param frame released by this method, or by the caller that takes it
    void offer(ByteBuf frame, long after) {
        if (count.incrementAndGet() > limits.ephemeralsMax()) {
            count.decrementAndGet();
            frame.release();
            metrics.ephemeralDropped();
            return;
        }
        queue.add(new QueuedEphemeral(frame, after));
        if (closed) {
            releaseAll();
        }
    }

    /// Whether there are frames for cursors that have received this position.
    boolean hasFor(long delivered) {
        var first = queue.peek();
        return first != null && first.after <= delivered;
    }

    /// The frames for cursors that have received this position, joined in one buffer.
    ///
    /// @return released by the caller; null when there are none
    @Nullable ByteBuf take(long delivered, ByteBufAllocator allocator) {
        var frames = new ArrayList<ByteBuf>();
        int bytes = 0;
        while (hasFor(delivered) && (frames.isEmpty() || bytes < limits.joinedBytesMax())) {
            var next = poll();
            if (next != null) {
                frames.add(next);
                bytes += next.readableBytes();
            }
        }
        if (frames.isEmpty()) {
            return null;
        }
        try {
            return JoinedDeliveries.joinFrames(allocator, frames, bytes);
        } finally {
            frames.forEach(ByteBuf::release);
        }
    }

    void close() {
        closed = true;
        releaseAll();
    }

    void releaseAll() {
        for (var frame = poll(); frame != null; frame = poll()) {
            frame.release();
        }
    }

    private @Nullable ByteBuf poll() {
        var first = queue.poll();
        if (first == null) {
            return null;
        }
        count.decrementAndGet();
        return first.frame;
    }
}
