package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import org.jspecify.annotations.Nullable;

/// The position up to which one session has received one group. It is all that a session that is
/// behind costs (invariant I7).
///
/// `position ≤ tail`, `position ≤ lastVisible`, and with a window `position ≤ acked + window`.
/// Confined to the sink's event loop.
final class DeliveryCursor {
    enum CursorState {
        /// Waits for the log to return what the member may see.
        AUTHORISING,
        /// Waits for the group's status.
        ATTACHING,
        /// Queued to continue its catch-up.
        READY,
        /// Waits for a read of the log.
        READING,
        /// Waits for its sink's socket.
        UNWRITABLE,
        /// Waits for an ack.
        WINDOW_FULL,
        /// Is ahead of what its event loop has delivered: waits for the current or next pass.
        AHEAD_OF_LIVE,
        /// Up to date: passes deliver to it.
        AT_TAIL,
        /// No longer attached; nothing is written for it.
        GONE;

        /// Whether its start is known and it has not reached the target.
        boolean isBehind() {
            return switch (this) {
                case READY, READING, UNWRITABLE, WINDOW_FULL, AHEAD_OF_LIVE -> true;
                case AUTHORISING, ATTACHING, AT_TAIL, GONE -> false;
            };
        }

        /// Whether it is behind and waits for this node, not for the client.
        boolean waitsForUs() {
            return this == READY || this == READING || this == AHEAD_OF_LIVE;
        }
    }

    static final long NO_LIMIT = Long.MAX_VALUE;

    /// Upper bound of an acknowledged position, so that adding a window cannot overflow.
    private static final long ACK_MAX = Long.MAX_VALUE >> 1;

    final SessionCursors session;
    final DeliverySink sink;

    /// After the cursor has a group, this is its subscribers' own instance, so that thousands of
    /// cursors share it.
    GroupId group;

    final MemberId member;
    private final int window;

    /// Set when the membership is known.
    @Nullable GroupSubscribers subscribers;

    CursorState state = CursorState.AUTHORISING;

    /// Whether its start position is known. Until then the fields below have no meaning, except for
    /// `acked`.
    boolean attached;

    /// The last position delivered.
    long position;

    /// The client's head at `position`, to be checked against the next entry; EMPTY after the
    /// check.
    Bytes uncheckedHead = Bytes.EMPTY;

    /// The membership that was read includes every change of the roster up to this position.
    long authorisedUpTo;

    /// The position of the commit that removed the member; `NO_LIMIT` when no removal is known.
    long lastVisible = NO_LIMIT;

    /// The position after which deliveries start. Until the head is checked, `position` is the
    /// client's claim.
    private long start;

    /// The last acknowledged position, at least `start`. An ack counts from the request on.
    private long acked;

    /// Whether `acked` is the client's own statement: it attached with a cursor, or has sent an ack.
    private boolean stated;

    /// Whether `live` was sent to the session.
    boolean live;

    /// The request, while the client has no history and has received nothing yet. Such a cursor may
    /// start at any position.
    @Nullable AttachRequest fresh;

    /// Its index in the [CursorArray] that contains it.
    int index = -1;

    DeliveryCursor(SessionCursors session, AttachRequest request) {
        this.session = session;
        this.sink = session.sink;
        group = request.group();
        member = request.member();
        window = request.window();
        stated = !request.incarnation().isEmpty();
    }

    boolean isGone() {
        return state == CursorState.GONE;
    }

    boolean headIsUnchecked() {
        return !uncheckedHead.isEmpty();
    }

    void startAt(long after, long visibleUpTo) {
        start = after;
        acked = Math.max(acked, after);
        lastVisible = visibleUpTo;
        beginAtStart();
        assert invariants();
    }

    long start() {
        return start;
    }

    /// The head is correct, or cannot be checked. Deliveries start after the start position.
    void beginAtStart() {
        uncheckedHead = Bytes.EMPTY;
        position = start;
    }

    /// The acknowledged position may be after the last delivered one: the client learns some
    /// entries from a refusal, and drops their deliveries silently.
    ///
    /// @return whether the window moved
    boolean ack(long upTo) {
        long applied = Math.min(upTo, ACK_MAX);
        if (applied <= acked) {
            return false;
        }
        acked = applied;
        stated = true;
        return true;
    }

    /// The last position that the client has applied, by its cursor or an ack; 0 when it has stated
    /// none.
    long acknowledged() {
        return stated ? Math.min(acked, position) : 0;
    }

    /// The last position that the window allows.
    long windowEnd() {
        return window == 0 ? NO_LIMIT : acked + Integer.toUnsignedLong(window);
    }

    boolean invariants() {
        return position <= lastVisible && position <= windowEnd();
    }
}
