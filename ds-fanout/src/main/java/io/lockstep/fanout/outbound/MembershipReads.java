package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.log.GroupLog;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// Reads from the log what attaching members may see: one read at a time for each group, for all
/// requests since the last read began. A read answers only requests that were made before it began.
/// Therefore no request is answered from an older roster than a read of its own would bring
/// (invariant I9). Confined to the event loop.
final class MembershipReads {
    /// The number of requests of one slice: their results are processed in one task of the loop.
    static final int REQUESTS_PER_READ_MAX = 256;

    private record MembershipRequest(DeliveryCursor cursor, AttachRequest request) {}

    private final EventLoopFanout fanout;
    private final GroupLog log;

    /// Requests that wait while a read of their group is in progress. A repeated request of a
    /// session replaces its previous one. A client that attaches again and again while the store
    /// does not answer therefore costs no more than one that attaches once.
    private final Map<GroupId, SequencedMap<SessionCursors, MembershipRequest>> waiting =
            new HashMap<>();

    MembershipReads(EventLoopFanout fanout, GroupLog log) {
        this.fanout = fanout;
        this.log = log;
    }

    void request(DeliveryCursor cursor, AttachRequest request) {
        var waiter = new MembershipRequest(cursor, request);
        var underWay = waiting.get(request.group());
        if (underWay != null) {
            underWay.put(cursor.session, waiter);
        } else {
            waiting.put(request.group(), new LinkedHashMap<>(0));
            read(request.group(), List.of(waiter));
        }
    }

    /// The number of requests that wait for the read after the current one.
    int waiting(GroupId group) {
        var queue = waiting.get(group);
        return queue == null ? 0 : queue.size();
    }

    private void read(GroupId group, List<MembershipRequest> all) {
        long upTo = fanout.followedUpTo(group);
        var members = new HashSet<MemberId>();
        all.forEach(waiter -> members.add(waiter.request.member()));
        // An empty answer or an exception also counts as an answer, because other requests wait.
        FaultBarrier.answer(() -> log.memberships(group, members))
                .defaultIfEmpty(Map.of())
                .subscribe(
                        found -> fanout.run(() -> found(group, all, upTo, found)),
                        failure -> fanout.run(() -> failed(group, all, failure)));
    }

    private void found(
            GroupId group,
            List<MembershipRequest> all,
            long upTo,
            Map<MemberId, Optional<Membership>> answers) {
        resume(group);
        for (var waiter : all) {
            var membership = answers.get(waiter.request.member());
            if (membership == null) { // it may still be a member
                var unanswered = new LogUnavailableException("membership", group, null);
                fanout.unavailable(waiter.cursor, waiter.request, unanswered);
            } else {
                found(waiter, upTo, membership);
            }
        }
    }

    private void found(MembershipRequest waiter, long upTo, Optional<Membership> membership) {
        try {
            fanout.authorised(waiter.cursor, waiter.request, upTo, membership);
        } catch (Throwable e) {
            fanout.unavailable(waiter.cursor, waiter.request, e);
        }
    }

    private void failed(GroupId group, List<MembershipRequest> all, Throwable failure) {
        resume(group);
        for (var waiter : all) {
            fanout.unavailable(waiter.cursor, waiter.request, failure);
        }
    }

    /// Begins the group's next read. If it cannot begin, the waiting requests fail, and the next
    /// request starts a new read.
    private void resume(GroupId group) {
        try {
            next(group);
        } catch (Throwable e) {
            var waited = waiting.remove(group);
            if (waited != null) {
                waited.values()
                        .forEach(waiter -> fanout.unavailable(waiter.cursor, waiter.request, e));
            }
        }
    }

    private void next(GroupId group) {
        var queue = waiting.get(group);
        if (queue == null) {
            throw new IllegalStateException("no read of the group was in progress");
        }
        var together =
                new ArrayList<MembershipRequest>(Math.min(queue.size(), REQUESTS_PER_READ_MAX));
        while (!queue.isEmpty() && together.size() < REQUESTS_PER_READ_MAX) {
            var waiter = queue.pollFirstEntry().getValue();
            if (!waiter.cursor.isGone()) {
                together.add(waiter);
            }
        }
        if (together.isEmpty()) {
            waiting.remove(group);
        } else {
            read(group, together);
        }
    }
}
