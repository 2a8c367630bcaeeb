package io.lockstep.fanout.tail;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.wire.frame.EntryKind;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Watches the entries of one group for the newest provisional commit, and decides which member's
/// acknowledgement is to be reported to ordering. It may know too little: then ordering refuses the
/// report, or another entry confirms the commit.
///
/// Threads: [#saw] is confined to the home event loop; [#takes] is *thread-safe*.
final class ProvisionalWatch {
    private record Newest(long position, MemberId author) {}

    private volatile @Nullable Newest newest;

    /// Commits up to this position are confirmed or void.
    private volatile long settled;

    private final AtomicLong reported = new AtomicLong();

    /// An entry was appended, or read for a session that is behind.
    void saw(LogEntry entry) {
        if (entry.confirms() > settled) {
            settled = entry.confirms();
        }
        var known = newest;
        if (entry.isProvisional() && (known == null || known.position < entry.position())) {
            entry.author().ifPresent(author -> newest = new Newest(entry.position(), author));
        } else if (entry.kind() == EntryKind.CONTROL
                && entry.position() > settled
                && ControlEvent.decode(entry.message()) instanceof ControlEvent.Voided) {
            settled = entry.position();
        }
    }

    /// Whether the member confirms the newest provisional commit by having applied the log up to a
    /// position. True once for each commit.
    boolean takes(MemberId member, long applied) {
        var commit = newest;
        if (commit == null
                || applied < commit.position
                || commit.position <= settled
                || commit.author.equals(member)) {
            return false;
        }
        long before = reported.get();
        return before < commit.position && reported.compareAndSet(before, commit.position);
    }
}
