package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Attachment;
import io.lockstep.fanout.Outlet;
import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import org.jspecify.annotations.Nullable;

/// How far one session has been shown one group: what a session that is behind costs (invariant I7).
///
/// `position ≤ tail`, `position ≤ lastVisible`, and with a window `position ≤ acked + window`.
/// Confined to the outlet's event loop.
final class Cursor {
    enum State {
        /// Waits for the log to say what the member may see.
        AUTHORISING,
        /// Waits for the group's standing.
        PLACING,
        /// Queued to read on.
        READY,
        /// Waits for a read of the log.
        READING,
        /// Waits for its outlet's socket.
        UNWRITABLE,
        /// Waits for an ack.
        WINDOW_SHUT,
        /// Knows more than its event loop has shown: waits for the pass under way or due.
        AHEAD_OF_PASS,
        /// Up to date: the passes find it.
        AT_TAIL,
        /// No longer attached; nothing is written for it any more.
        GONE;

        /// Has its place, and has not been shown all.
        boolean isBehind() {
            return switch (this) {
                case READY, READING, UNWRITABLE, WINDOW_SHUT, AHEAD_OF_PASS -> true;
                case AUTHORISING, PLACING, AT_TAIL, GONE -> false;
            };
        }

        /// Behind, and it is not the client that it waits for.
        boolean waitsForUs() {
            return this == READY || this == READING || this == AHEAD_OF_PASS;
        }
    }

    static final long NO_LIMIT = Long.MAX_VALUE;

    /// Leaves room for a window on top of it.
    private static final long ACK_MAX = Long.MAX_VALUE >> 1;

    final SessionCursors session;
    final Outlet outlet;

    /// Once it has an audience, the audience's own, so that thousands share it.
    GroupId group;

    final MemberId member;
    private final int window;

    /// Set when the membership is known.
    @Nullable Audience audience;

    State state = State.AUTHORISING;

    /// Whether it has its place; the fields below mean nothing before.
    boolean placed;

    /// The last position shown.
    long position;

    /// The client's head at `position`, to be checked against what follows; EMPTY when it is done.
    Bytes uncheckedHead = Bytes.EMPTY;

    /// Every change of the roster up to here is in the membership that was read.
    long authorisedUpTo;

    /// The position of the commit that removed the member, if it is known to be removed.
    long lastVisible = NO_LIMIT;

    /// Until the head is checked `position` is the client's, and deliveries go on after this.
    private long acked;

    /// Whether the session was told that it is live.
    boolean live;

    /// What it asked for, while the client knows no history and has been shown nothing yet: it may begin
    /// anywhere.
    @Nullable Attachment fresh;

    /// Place in the [CursorArray] that holds it.
    int index = -1;

    Cursor(SessionCursors session, Attachment asked) {
        this.session = session;
        this.outlet = session.outlet;
        group = asked.group();
        member = asked.member();
        window = asked.window();
    }

    boolean isGone() {
        return state == State.GONE;
    }

    boolean headIsUnchecked() {
        return !uncheckedHead.isEmpty();
    }

    void startAt(long after, long visibleUpTo) {
        acked = after;
        lastVisible = visibleUpTo;
        beginAtStart();
    }

    /// Means nothing once the head is checked.
    long start() {
        return acked;
    }

    /// The head is right, or cannot be checked: deliveries go on after the start.
    void beginAtStart() {
        uncheckedHead = Bytes.EMPTY;
        position = acked;
    }

    /// It may be ahead of what was shown: the client knows some entries from a refusal, and drops what it
    /// knows without another word.
    ///
    /// @return whether the window moved
    boolean ack(long upTo) {
        long applied = Math.min(upTo, ACK_MAX);
        if (applied <= acked || headIsUnchecked()) {
            return false;
        }
        acked = applied;
        return true;
    }

    /// The last position that the window lets through.
    long windowEnd() {
        return window == 0 ? NO_LIMIT : acked + Integer.toUnsignedLong(window);
    }
}
