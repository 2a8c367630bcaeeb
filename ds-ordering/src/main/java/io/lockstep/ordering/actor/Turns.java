package io.lockstep.ordering.actor;

/// How nodes that append to one group take turns. The nearest to the store wins every compare-and-append
/// otherwise: the others' are always one entry late. Nothing of safety hangs on it.
///
/// The log tells whoever appends that another append came too late since the last one. Then it pauses before its
/// next: 10 ms first, twice as long each time that the others were late again within a second. The other one wins
/// once the pause is longer than two of its ways to the store and back: one to learn where the log ends, one to
/// append there. Whoever loses again and again pauses as well, or two who lose would meet each other for ever.
///
/// Confined to the group's actor.
final class Turns {
    private static final long FIRST_MILLIS = 10;
    private static final long CALM_NANOS = 1_000_000_000;

    /// Who lost fewer appends in a row tries again without a pause: what it was told is as fresh as can be.
    private static final int LOST_AT_ONCE = 4;

    private final Desk desk;
    private long ceilingMillis;
    private long contendedNanos;
    private long notBeforeNanos;

    Turns(Desk desk) {
        this.desk = desk;
        contendedNanos = desk.monotonic().nanos();
        notBeforeNanos = contendedNanos;
    }

    /// An append of this node was the first to come.
    void appended(boolean contended) {
        if (!contended) {
            return;
        }
        long now = desk.monotonic().nanos();
        long before = now - contendedNanos > CALM_NANOS ? 0 : ceilingMillis;
        long most = desk.limits().turnMax().toMillis();
        ceilingMillis = Math.clamp(2 * before, Math.min(FIRST_MILLIS, most), most);
        contendedNanos = now;
        long pause = ceilingMillis / 2 + desk.jittered((ceilingMillis + 1) / 2);
        notBeforeNanos = now + pause * 1_000_000;
    }

    /// How long the next batch waits yet; 0 for not at all.
    long pauseMillis() {
        long left = notBeforeNanos - desk.monotonic().nanos();
        return left <= 0 ? 0 : left / 1_000_000 + 1;
    }

    /// How long to pause before the append is tried again; 0 for not at all.
    long afterLostAppends(int inARow) {
        if (inARow < LOST_AT_ONCE) {
            return 0;
        }
        int doubled = Math.min(inARow - LOST_AT_ONCE, 10);
        return desk.jittered(Math.min(desk.limits().turnMax().toMillis(), 2L << doubled));
    }
}
