package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.FanoutMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// What the rings of all groups hold together; beyond the limit the ring that was not touched for longest
/// is emptied. Thread-safe; calls a ring only while it holds no lock, and is called by a ring the same way.
final class RingBudget {
    private final long bytesMax;
    private final FanoutMetrics metrics;
    private long bytes;

    /// Rings and what each holds, the one touched longest ago first.
    private final LinkedHashMap<EntryRing, Long> rings = new LinkedHashMap<>(16, 0.75f, true);

    RingBudget(long bytesMax, FanoutMetrics metrics) {
        this.bytesMax = bytesMax;
        this.metrics = metrics;
    }

    void changed(EntryRing ring, long change) {
        if (change == 0) {
            return;
        }
        metrics.ringBytes(change);
        for (var victim : add(ring, change)) {
            victim.evict();
        }
    }

    /// A ring served someone who is behind: it is not given up before those that did not.
    void used(EntryRing ring, long change) {
        if (change != 0) {
            changed(ring, change);
            return;
        }
        synchronized (this) {
            var _ = rings.get(ring);
        }
    }

    /// A ring gave up all it held.
    void emptied(EntryRing ring, long change) {
        metrics.ringBytes(change);
        synchronized (this) {
            account(ring, change);
        }
    }

    /// Threads tell their changes after they made them, in any order: a ring is forgotten when all told add up
    /// to nothing, not before.
    private void account(EntryRing ring, long change) {
        bytes += change;
        if (rings.merge(ring, change, Long::sum) == 0) {
            rings.remove(ring);
        }
    }

    private synchronized List<EntryRing> add(EntryRing ring, long change) {
        account(ring, change);
        if (bytes <= bytesMax) {
            return List.of();
        }
        var victims = new ArrayList<EntryRing>();
        long over = bytes - bytesMax;
        for (var entry : rings.entrySet()) {
            if (over <= 0) {
                break;
            }
            victims.add(entry.getKey());
            over -= entry.getValue();
        }
        return victims;
    }
}
