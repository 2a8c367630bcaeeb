package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Schedules the turns of the cursors of one event loop that are behind, in slices. Between slices
/// the loop serves its sockets. Confined to the event loop.
final class CatchUpScheduler {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUpScheduler.class);

    /// How long a session that reads nothing keeps its slot while others wait: at least this, at
    /// most twice as long.
    private static final int PATIENCE_MILLIS = 500;

    private final EventLoopFanout sessions;
    private final CatchUpAdmission places;

    /// Cursors in state READY. Each is contained once, here or in the line for a slot. Cursors that
    /// are gone are skipped.
    private final ArrayDeque<DeliveryCursor> ready = new ArrayDeque<>();

    /// Cursors that wait for a completed read; each is contained once.
    private final ArrayDeque<ReadCompletion> waves = new ArrayDeque<>();

    private boolean waveIsNext;
    private boolean scheduled;
    private boolean placesAreWatched;
    private final Runnable slice = this::serveSlice;

    CatchUpScheduler(EventLoopFanout sessions) {
        this.sessions = sessions;
        places = new CatchUpAdmission(sessions.limits.catchUpSessionsMax());
    }

    /// @param cursor has just become READY
    void add(DeliveryCursor cursor) {
        ready.add(cursor);
        schedule();
    }

    void add(ReadCompletion wave) {
        waves.add(wave);
        schedule();
        if (!scheduled) {
            waves.remove(wave);
            wave.end();
        }
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = sessions.run(slice);
        }
    }

    /// Turns in one slice. A cursor that is behind costs a joined buffer, not one message, so a
    /// slice has fewer of them.
    private int sliceTurns() {
        return Math.max(1, sessions.limits.sliceSessions() / 8);
    }

    /// Runs one slice. A cursor that becomes READY meanwhile waits for the next slice: `scheduled`
    /// stays true during this one.
    private void serveSlice() {
        try {
            for (int left = sliceTurns(); left > 0 && serveOne(); left--) {}
        } finally {
            scheduled = !ready.isEmpty() || !waves.isEmpty();
            if (scheduled) {
                sessions.runAfterInput(slice);
            }
        }
    }

    /// Alternates between waves and ready cursors, so that neither waits for all of the other.
    private boolean serveOne() {
        waveIsNext = !waveIsNext;
        return waveIsNext ? serveWave() || serveCursor() : serveCursor() || serveWave();
    }

    private boolean serveWave() {
        var wave = waves.poll();
        if (wave == null) {
            return false;
        }
        try {
            wave.goOn();
        } finally {
            if (wave.isOver()) {
                wave.end();
            } else {
                waves.add(wave);
            }
        }
        return true;
    }

    private boolean serveCursor() {
        var cursor = ready.poll();
        if (cursor == null) {
            return false;
        }
        var audience = cursor.audience;
        if (cursor.state == CursorState.READY && audience != null) {
            if (lacksLittle(cursor, audience) || places.isTurnOf(cursor)) {
                audience.advance(cursor);
            } else {
                watchPlaces();
            }
        }
        return true;
    }

    /// Whether one buffer brings the cursor to the target. It would wait longer for a slot than use
    /// it.
    private boolean lacksLittle(DeliveryCursor cursor, GroupSubscribers audience) {
        return audience.target() - cursor.position <= sessions.limits.joinedCountMax();
    }

    /// The cursor is not behind any more.
    void left(DeliveryCursor cursor) {
        places.left(cursor);
        letIn();
    }

    private void letIn() {
        for (var next = places.next(); !next.isEmpty(); next = places.next()) {
            next.forEach(this::add);
        }
    }

    /// Calls `makeRoom` periodically while sessions wait for a slot.
    private void watchPlaces() {
        if (!placesAreWatched) {
            placesAreWatched = true;
            try {
                var _ =
                        sessions.loop.schedule(
                                this::makeRoom, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException _) {
                LOG.debug("the event loop has stopped; its catch-up slots are no longer checked");
            }
        }
    }

    private void makeRoom() {
        placesAreWatched = false;
        places.makeRoom();
        letIn();
        if (places.someoneWaits()) {
            watchPlaces();
        }
    }

    /// Releases all waves. Otherwise their reads would still count against the limit that all loops
    /// share.
    void end() {
        for (var wave = waves.poll(); wave != null; wave = waves.poll()) {
            wave.end();
        }
    }
}
