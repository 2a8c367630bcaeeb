package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.Cursor.State;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whose turn is next of those of an event loop who are behind, in slices between which the loop looks at its
/// sockets. Confined to the event loop.
final class CatchUpTurns {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUpTurns.class);

    /// How long one that reads nothing keeps its place while others wait for one: at least this, at most twice.
    private static final int PATIENCE_MILLIS = 500;

    private final LoopSessions sessions;
    private final CatchUpPlaces places;

    /// In state READY, each once, here or in the line for a place; those that have gone since are skipped.
    private final ArrayDeque<Cursor> ready = new ArrayDeque<>();

    /// Those who wait for what was read, each once.
    private final ArrayDeque<Wave> waves = new ArrayDeque<>();

    private boolean waveIsNext;
    private boolean scheduled;
    private boolean placesAreWatched;
    private final Runnable slice = this::serveSlice;

    CatchUpTurns(LoopSessions sessions) {
        this.sessions = sessions;
        places = new CatchUpPlaces(sessions.limits.catchUpSessionsMax());
    }

    /// @param cursor has just become READY
    void add(Cursor cursor) {
        ready.add(cursor);
        schedule();
    }

    void add(Wave wave) {
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

    /// A cursor that is behind costs a joined buffer, not one message: fewer of them make a slice.
    private int sliceTurns() {
        return Math.max(1, sessions.limits.sliceSessions() / 8);
    }

    /// Who turns ready meanwhile waits for the next slice: `scheduled` is true all the time.
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

    /// Waves and those who are ready take turns: neither waits for all of the others.
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
        if (cursor.state == State.READY && audience != null) {
            if (lacksLittle(cursor, audience) || places.isTurnOf(cursor)) {
                audience.advance(cursor);
            } else {
                watchPlaces();
            }
        }
        return true;
    }

    /// One buffer brings it up: it would wait longer for a place than use it.
    private boolean lacksLittle(Cursor cursor, Audience audience) {
        return audience.target() - cursor.position <= sessions.limits.joinedCountMax();
    }

    /// The cursor is not behind any more.
    void left(Cursor cursor) {
        places.left(cursor);
        letIn();
    }

    private void letIn() {
        for (var next = places.next(); !next.isEmpty(); next = places.next()) {
            next.forEach(this::add);
        }
    }

    /// While someone waits for a place.
    private void watchPlaces() {
        if (!placesAreWatched) {
            placesAreWatched = true;
            try {
                var _ =
                        sessions.loop.schedule(
                                this::makeRoom, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException _) {
                LOG.debug("an event loop of a stopping server looks after nobody any more");
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

    /// Nobody waits for the waves any more, and what they hold counts among the reads of other loops.
    void end() {
        for (var wave = waves.poll(); wave != null; wave = waves.poll()) {
            wave.end();
        }
    }
}
