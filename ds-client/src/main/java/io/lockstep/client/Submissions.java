package io.lockstep.client;

import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.MonoSink;

/// Submissions without an answer, in the order they were made. Each keeps its frame, so that what is sent
/// again is the same bytes (invariant I4 makes that harmless).
///
/// Invariant: `inFlight ≤ inFlightMax`, `size ≤ queuedMax`.
final class Submissions {
    /// One submission; `inFlight` while the present session has sent it and has no answer.
    static final class Pending {
        final GroupId group;
        final ClientFrame frame;
        final MonoSink<Accepted> sink;
        int attempts;
        boolean inFlight;
        boolean waiting;

        /// An attempt got no answer, or `outcome_unknown`: it may have been accepted.
        boolean outcomeUnknown;

        Pending(GroupId group, ClientFrame frame, MonoSink<Accepted> sink) {
            this.group = group;
            this.frame = frame;
            this.sink = sink;
        }

        long requestId() {
            return frame.getRequestId();
        }
    }

    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private final int queuedMax;
    private int inFlight;
    private int inFlightMax = 1;

    Submissions(int queuedMax) {
        this.queuedMax = queuedMax;
    }

    /// @return false when there are too many; it was not taken
    boolean add(Pending submission) {
        if (pending.size() >= queuedMax) {
            return false;
        }
        pending.put(submission.requestId(), submission);
        return true;
    }

    /// A session opened: everything without an answer is to be sent again.
    void sessionBegins(int limit) {
        inFlightMax = Math.max(1, limit);
        inFlight = 0;
        pending.values()
                .forEach(p -> {
                    p.outcomeUnknown |= p.inFlight;
                    p.inFlight = false;
                });
    }

    /// What may be sent now, marked as sent.
    List<Pending> takeSendable() {
        var sendable =
                pending.values().stream()
                        .filter(p -> !p.inFlight && !p.waiting)
                        .limit(inFlightMax - inFlight)
                        .toList();
        sendable.forEach(p -> p.inFlight = true);
        inFlight += sendable.size();
        return sendable;
    }

    /// The submission with this request id, which now has an answer; null when there is none.
    @org.jspecify.annotations.Nullable
    Pending answered(long requestId) {
        var submission = pending.get(requestId);
        if (submission != null && submission.inFlight) {
            submission.inFlight = false;
            inFlight--;
        }
        return submission;
    }

    void remove(Pending submission) {
        pending.remove(submission.requestId());
    }

    Collection<Pending> drain() {
        var all = List.copyOf(pending.values());
        pending.clear();
        inFlight = 0;
        return all;
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }
}
