package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.FanoutMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// The memory budget of all rings. Beyond the limit it evicts the least recently used ring.
/// Thread-safe. It holds no lock when it calls a ring, and a ring holds no lock when it calls this.
final class RingBudget {
    private final long bytesMax;
    private final FanoutMetrics metrics;
    private long bytes;

    /// The rings and the bytes of each, the least recently used first.
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

    /// A ring served a cursor that is behind. It is now the most recently used.
    void used(EntryRing ring, long change) {
        if (change != 0) {
            changed(ring, change);
            return;
        }
        synchronized (this) {
            var _ = rings.get(ring);
        }
    }

    /// A ring released all its memory.
    void emptied(EntryRing ring, long change) {
        metrics.ringBytes(change);
        synchronized (this) {
            account(ring, change);
        }
    }

    /// Threads report their changes after they made them, in any order. A ring is therefore removed
    /// when its reported changes sum up to zero, and not earlier.
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
