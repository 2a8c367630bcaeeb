package io.lockstep.ordering.actor;

/// The back-off by which nodes that append to one group take turns. Without it the node nearest to
/// the store wins every compare-and-append, because the appends of the others are always one entry
/// late. Safety does not depend on it.
///
/// The log tells each appending node when another node's append has lost since the last append. The
/// node then pauses before its next append: 10 ms at first, twice as long each time that others
/// lost again within a second. The other node wins once the pause exceeds two of its round trips to
/// the store: one to learn the tail, one to append there. A node that loses repeatedly pauses as
/// well. Otherwise two losing nodes could collide for ever.
///
/// Confined to the group's actor.
final class ContentionBackoff {
    private static final long FIRST_MILLIS = 10;
    private static final long DECAY_NANOS = 1_000_000_000;

    /// A node that lost fewer appends in a row retries without a pause: the tail that it was told
    /// is as fresh as possible.
    private static final int LOSSES_WITHOUT_PAUSE = 4;

    private final ActorContext context;
    private long ceilingMillis;
    private long contendedNanos;
    private long notBeforeNanos;

    ContentionBackoff(ActorContext context) {
        this.context = context;
        contendedNanos = context.monotonic().nanos();
        notBeforeNanos = contendedNanos;
    }

    /// An append of this node won.
    void appended(boolean contended) {
        if (!contended) {
            return;
        }
        long now = context.monotonic().nanos();
        long before = now - contendedNanos > DECAY_NANOS ? 0 : ceilingMillis;
        long most = context.limits().turnMax().toMillis();
        ceilingMillis = Math.clamp(2 * before, Math.min(FIRST_MILLIS, most), most);
        contendedNanos = now;
        long pause = ceilingMillis / 2 + context.jitterMillis((ceilingMillis + 1) / 2);
        notBeforeNanos = now + pause * 1_000_000;
    }

    /// The remaining pause before the next batch; 0 for none.
    long pauseMillis() {
        long remaining = notBeforeNanos - context.monotonic().nanos();
        return remaining <= 0 ? 0 : remaining / 1_000_000 + 1;
    }

    /// The pause before the append is retried; 0 for none.
    long retryPauseMillis(int consecutiveLosses) {
        if (consecutiveLosses < LOSSES_WITHOUT_PAUSE) {
            return 0;
        }
        int doubled = Math.min(consecutiveLosses - LOSSES_WITHOUT_PAUSE, 10);
        return context.jitterMillis(Math.min(context.limits().turnMax().toMillis(), 2L << doubled));
    }
}
