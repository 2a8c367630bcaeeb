package io.lockstep.gateway.session;

import io.lockstep.runtime.FaultBarrier;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A timer wheel: one timer for all sessions of an event loop. Its slots are spread over the
/// interval, so each session has one heartbeat per interval and the heartbeats are spread. A timer
/// per connection would need more memory and a queue of all connections.
final class HeartbeatWheel {
    private static final int SLOTS = 32;

    private final List<List<WheelEntry>> slots = new ArrayList<>();
    private int current;

    /// A session's entry in the wheel.
    static final class WheelEntry {
        private final Runnable beat;
        private final Runnable failed;
        private final int slot;

        /// -1 after it has left.
        private int index;

        private WheelEntry(Runnable beat, Runnable failed, int slot, int index) {
            this.beat = beat;
            this.failed = failed;
            this.slot = slot;
            this.index = index;
        }
    }

    private HeartbeatWheel() {
        for (int i = 0; i < SLOTS; i++) {
            slots.add(new ArrayList<>(0));
        }
    }

    static HeartbeatWheel start(EventLoop loop, Duration interval) {
        var wheel = new HeartbeatWheel();
        FaultBarrier.every("heartbeats", interval.dividedBy(SLOTS), loop, wheel::turn);
        return wheel;
    }

    /// Adds a session. The first heartbeat comes after one full interval.
    ///
    /// @param failed run after a heartbeat that throws: a session without heartbeats must not stay
    ///     open
    WheelEntry join(Runnable beat, Runnable failed) {
        var slot = slots.get(current);
        var entry = new WheelEntry(beat, failed, current, slot.size());
        slot.add(entry);
        return entry;
    }

    void leave(WheelEntry entry) {
        if (entry.index < 0) {
            return;
        }
        var slot = slots.get(entry.slot);
        var last = slot.removeLast();
        if (last != entry) {
            slot.set(entry.index, last);
            last.index = entry.index;
        }
        entry.index = -1;
    }

    private void turn() {
        current = (current + 1) % SLOTS;
        // A heartbeat may end its session, which then leaves the slot. The loop goes from last to
        // first, so an entry that moves into a freed index has already had its heartbeat.
        var slot = slots.get(current);
        for (int i = slot.size() - 1; i >= 0; i--) {
            if (i < slot.size()) {
                beat(slot.get(i));
            }
        }
    }

    /// A failure affects one session: the others of the slot still have their heartbeats.
    private static void beat(WheelEntry entry) {
        if (!FaultBarrier.run("a heartbeat", entry.beat)) {
            FaultBarrier.run("the end of a session whose heartbeat failed", entry.failed);
        }
    }
}
