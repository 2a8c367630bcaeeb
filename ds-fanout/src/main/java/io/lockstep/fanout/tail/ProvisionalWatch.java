package io.lockstep.fanout.tail;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.wire.frame.EntryKind;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Watches the entries of one group for the newest provisional commit, and decides which member's
/// acknowledgement is to be reported to ordering. It may know too little: then ordering refuses the
/// report, or another entry confirms the commit.
///
/// Threads: [#saw] is confined to the home event loop; [#takes] is *thread-safe*.
final class ProvisionalWatch {
    /// @param rejectedBy the members that rejected it, or an open commit before it
    /// @param joiners the members that it added: they may not be able to confirm it
    private record Newest(
            long position, MemberId author, Set<MemberId> joiners, Set<MemberId> rejectedBy) {}

    private volatile @Nullable Newest newest;

    /// Commits up to this position are confirmed or void.
    private volatile long settled;

    private final AtomicLong reported = new AtomicLong();
    private final AtomicLong reportedOfJoiners = new AtomicLong();

    /// An entry was appended, or read for a session that is behind.
    void saw(LogEntry entry) {
        if (entry.confirms() > settled) {
            settled = entry.confirms();
        }
        var known = newest;
        if (entry.isProvisional() && (known == null || known.position < entry.position())) {
            // Who rejected an earlier commit confirms no later one.
            var rejectedBy =
                    known != null && known.position > settled
                            ? known.rejectedBy
                            : Set.<MemberId>of();
            entry.author()
                    .ifPresent(author ->
                            newest =
                                    new Newest(
                                            entry.position(),
                                            author,
                                            entry.rosterChange().added().keySet(),
                                            rejectedBy));
        } else if (entry.kind() == EntryKind.CONTROL && entry.position() > settled) {
            control(entry, known);
        }
    }

    private void control(LogEntry entry, @Nullable Newest known) {
        var event = ControlEvent.decode(entry.message());
        if (event instanceof ControlEvent.Voided) {
            settled = entry.position();
        } else if (event instanceof ControlEvent.Thawed) {
            // What was reported while the group was frozen was refused.
            reported.set(0);
            reportedOfJoiners.set(0);
        } else if (event instanceof ControlEvent.Rejected rejection && known != null) {
            entry.author()
                    .filter(by -> rejects(known, rejection.position(), by))
                    .ifPresent(by -> rejected(known, by));
        }
    }

    private static boolean rejects(Newest known, long position, MemberId by) {
        return position <= known.position && !known.rejectedBy.contains(by);
    }

    /// The acknowledgement that was reported may be this member's, which confirms nothing: another
    /// one may be reported.
    private void rejected(Newest known, MemberId by) {
        var all = new HashSet<>(known.rejectedBy);
        all.add(by);
        newest = new Newest(known.position, known.author, known.joiners, Set.copyOf(all));
        reported.compareAndSet(known.position, 0);
    }

    /// Whether the member confirms the newest provisional commit by having applied the log up to a
    /// position. True once for each commit, once more after each rejection, and once for one of those
    /// that the commit added.
    boolean takes(MemberId member, long applied) {
        var commit = newest;
        if (commit == null
                || applied < commit.position
                || commit.position <= settled
                || commit.author.equals(member)
                || commit.rejectedBy.contains(member)) {
            return false;
        }
        var reports = commit.joiners.contains(member) ? reportedOfJoiners : reported;
        long before = reports.get();
        return before < commit.position && reports.compareAndSet(before, commit.position);
    }
}
