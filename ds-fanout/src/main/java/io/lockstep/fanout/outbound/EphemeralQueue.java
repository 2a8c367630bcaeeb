package io.lockstep.fanout.outbound;

import io.lockstep.fanout.FanoutLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Ephemeral frames that wait for an audience; what does not fit is dropped. Thread-safe; taken from by
/// one thread.
final class EphemeralQueue {
    private record Waiting(ByteBuf frame, long after) {}

    private final FanoutLimits limits;
    private final FanoutMetrics metrics;
    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean closed;

    EphemeralQueue(FanoutLimits limits, FanoutMetrics metrics) {
        this.limits = limits;
        this.metrics = metrics;
    }

    /// @param frame released by this, at once or by whoever takes it
    void offer(ByteBuf frame, long after) {
        if (count.incrementAndGet() > limits.ephemeralsMax()) {
            count.decrementAndGet();
            frame.release();
            metrics.ephemeralDropped();
            return;
        }
        queue.add(new Waiting(frame, after));
        if (closed) {
            releaseAll();
        }
    }

    /// Whether there are frames for those who have been shown this position.
    boolean hasFor(long shown) {
        var first = queue.peek();
        return first != null && first.after <= shown;
    }

    /// Frames for those who have been shown this position, joined.
    ///
    /// @return the caller's to release; null when there are none
    @Nullable ByteBuf take(long shown, ByteBufAllocator allocator) {
        var frames = new ArrayList<ByteBuf>();
        int bytes = 0;
        while (hasFor(shown) && (frames.isEmpty() || bytes < limits.joinedBytesMax())) {
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
