package io.lockstep.client;

import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import reactor.core.publisher.MonoSink;

/// The queue of submissions without an answer, in the order in which the application made them.
/// Each keeps its frame, so that a retry sends the same bytes (invariant I4 makes that harmless).
///
/// Invariant: `0 ≤ inFlight ≤ inFlightMax` and `inFlight ≤ size ≤ queuedMax`.
final class Submissions {
    /// One submission. `inFlight` is set while the current session has sent it and has no answer.
    /// `abandoned` is set when its caller was told that no answer came in time: the server still
    /// counts it as in flight.
    static final class UnansweredSubmission {
        final GroupId group;
        final ClientFrame frame;
        final MonoSink<Acceptance> sink;
        int attempts;
        boolean inFlight;
        boolean waiting;
        boolean abandoned;
        long deadlineNanos;

        /// An attempt got no answer or `outcome_unknown`, so the submission may have been accepted.
        boolean outcomeUnknown;

        UnansweredSubmission(GroupId group, ClientFrame frame, MonoSink<Acceptance> sink) {
            this.group = group;
            this.frame = frame;
            this.sink = sink;
        }

        long requestId() {
            return frame.getRequestId();
        }
    }

    private final Map<Long, UnansweredSubmission> pending = new LinkedHashMap<>();
    private final int queuedMax;
    private final Duration answerWithin;
    private int inFlight;
    private int inFlightMax = 1;

    /// @param answerWithin how long a submission may wait for its answer
    Submissions(int queuedMax, Duration answerWithin) {
        this.queuedMax = queuedMax;
        this.answerWithin = answerWithin;
    }

    /// @return false when the queue is full; the submission was not added
    boolean add(UnansweredSubmission submission) {
        if (pending.size() >= queuedMax) {
            return false;
        }
        submission.deadlineNanos = System.nanoTime() + answerWithin.toNanos();
        pending.put(submission.requestId(), submission);
        invariants();
        return true;
    }

    /// The nanoseconds until the oldest submission must end; empty when none waits.
    OptionalLong nanosToDeadline() {
        return pending.values().stream()
                .filter(p -> !p.abandoned)
                .mapToLong(p -> Math.max(0, p.deadlineNanos - System.nanoTime()))
                .findFirst();
    }

    /// Takes the submissions whose time is over. The caller ends them.
    List<UnansweredSubmission> takeOverdue() {
        long now = System.nanoTime();
        var overdue =
                pending.values().stream()
                        .filter(p -> !p.abandoned)
                        .takeWhile(p -> p.deadlineNanos - now <= 0)
                        .toList();
        for (var submission : overdue) {
            submission.abandoned = true;
            if (!submission.inFlight) {
                remove(submission);
            }
        }
        invariants();
        return overdue;
    }

    /// Handles a new session: all submissions without an answer must be sent again.
    void sessionBegins(int limit) {
        inFlightMax = Math.max(1, limit);
        inFlight = 0;
        pending.values().removeIf(p -> p.abandoned);
        pending.values()
                .forEach(p -> {
                    p.outcomeUnknown |= p.inFlight;
                    p.inFlight = false;
                });
    }

    /// Returns the submissions that may be sent now, and marks them as sent.
    List<UnansweredSubmission> takeSendable() {
        var sendable =
                pending.values().stream()
                        .filter(p -> !p.inFlight && !p.waiting)
                        .limit(inFlightMax - inFlight)
                        .toList();
        sendable.forEach(p -> p.inFlight = true);
        inFlight += sendable.size();
        invariants();
        return sendable;
    }

    /// Returns the submission with this request id, which now has an answer; null if there is none.
    @org.jspecify.annotations.Nullable
    UnansweredSubmission answered(long requestId) {
        var submission = pending.get(requestId);
        if (submission != null && submission.inFlight) {
            submission.inFlight = false;
            inFlight--;
            invariants();
        }
        return submission;
    }

    void remove(UnansweredSubmission submission) {
        pending.remove(submission.requestId());
    }

    Collection<UnansweredSubmission> drain() {
        var all = List.copyOf(pending.values());
        pending.clear();
        inFlight = 0;
        return all;
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }

    private void invariants() {
        boolean sound =
                0 <= inFlight
                        && inFlight <= inFlightMax
                        && inFlight <= pending.size()
                        && pending.size() <= queuedMax;
        if (!sound) {
            throw new IllegalStateException(
                    "%d of %d in flight, %d of %d queued"
                            .formatted(inFlight, inFlightMax, pending.size(), queuedMax));
        }
    }
}
