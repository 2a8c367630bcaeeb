package io.lockstep.e2e;

import io.lockstep.client.Acceptance;
import io.lockstep.wire.Bytes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// The submissions of a test and their answers, kept when a client or server is killed.
/// Thread-safe.
final class SubmissionRecord {
    /// The key is the SHA-256 of the submitted message.
    private final Map<Bytes, Bytes> submitted = new ConcurrentHashMap<>();

    private final Map<Bytes, Acceptance> accepted = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> contradictions = new ConcurrentLinkedQueue<>();
    private final AtomicLong markers = new AtomicLong();

    long nextMarker() {
        return markers.incrementAndGet();
    }

    void submitting(Bytes message) {
        submitted.put(message.sha256(), message);
    }

    /// Records the answer. A second answer to the same bytes must equal the first (I4).
    void accepted(Bytes message, Acceptance answer) {
        var before = accepted.putIfAbsent(message.sha256(), answer);
        if (before != null
                && (before.position() != answer.position()
                        || !before.head().equals(answer.head()))) {
            contradictions.add("first at " + before.position() + ", then at " + answer.position());
        }
    }

    int acceptedCount() {
        return accepted.size();
    }

    Map<Bytes, Acceptance> accepted() {
        return Map.copyOf(accepted);
    }

    boolean wasSubmitted(Bytes sha256) {
        return submitted.containsKey(sha256);
    }

    boolean wasAccepted(Bytes sha256) {
        return accepted.containsKey(sha256);
    }

    List<Bytes> unanswered() {
        return submitted.entrySet().stream()
                .filter(e -> !accepted.containsKey(e.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    List<Bytes> answered() {
        return submitted.entrySet().stream()
                .filter(e -> accepted.containsKey(e.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    List<String> contradictions() {
        return List.copyOf(contradictions);
    }
}
