package io.lockstep.redis;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether data may be added to Redis, by the memory that it uses: closed from the high mark on, and
/// when Redis refused a write for lack of memory; open again below the low mark. So additions stop
/// before Redis refuses writes, and what frees memory goes on. Without `maxmemory` it is always
/// open. Thread-safe.
///
/// ```
/// used ≥ max · high / 100  →  closed        used < max · low / 100  →  open
/// ```
final class MemoryGate {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryGate.class);
    private static final int WHOLE = 100;

    private final MemoryMarks marks;
    private volatile boolean open = true;
    private volatile long usedBytes;

    /// 0: no limit.
    private volatile long maxBytes;

    MemoryGate(MemoryMarks marks) {
        this.marks = marks;
    }

    /// @param used `used_memory` of Redis
    /// @param max `maxmemory` of Redis; 0 for no limit
    synchronized void measured(long used, long max) {
        usedBytes = used;
        maxBytes = max;
        if (max == 0 || isBelow(marks.lowPercent())) {
            transition(true, "is below its low mark");
        } else if (!isBelow(marks.highPercent())) {
            transition(false, "has reached its high mark");
        }
    }

    /// Redis refused a write for lack of memory, between two measurements.
    synchronized void refused() {
        transition(false, "is used up");
    }

    private void transition(boolean next, String reason) {
        if (open != next) {
            open = next;
            LOG.warn(
                    "the memory of Redis {}: {} of {} bytes; additions are {}",
                    reason,
                    usedBytes,
                    maxBytes,
                    next ? "taken again" : "refused");
        }
    }

    /// Whether a closed gate may open, or an open one close, before the next regular measurement.
    boolean isNearMark() {
        return !open || (maxBytes > 0 && !isBelow(marks.lowPercent()));
    }

    private boolean isBelow(int percent) {
        // As doubles: a limit near the greatest long must not overflow.
        return usedBytes < (double) maxBytes * percent / WHOLE;
    }

    boolean isOpen() {
        return open;
    }

    long usedBytes() {
        return usedBytes;
    }

    long maxBytes() {
        return maxBytes;
    }
}
