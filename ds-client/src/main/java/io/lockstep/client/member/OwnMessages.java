package io.lockstep.client.member;

import io.lockstep.wire.Bytes;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Plaintexts of own messages that have not come back yet, by SHA-256 of the message: their sender cannot
/// decrypt them. Confined to the engine thread.
final class OwnMessages {
    /// What was sent and got no answer is kept, as the log may bring it. Of these so many are kept, the
    /// newest: those that were never accepted would stay for ever.
    static final int UNSETTLED_MAX = 1_000;

    private final Map<Bytes, Bytes> plaintexts = new LinkedHashMap<>();
    private final Set<Bytes> unsettled = new LinkedHashSet<>();

    void restore(Map<Bytes, Bytes> saved) {
        saved.forEach((sha256, plaintext) -> {
            plaintexts.put(sha256, plaintext);
            unsettled(sha256);
        });
    }

    Map<Bytes, Bytes> all() {
        return plaintexts;
    }

    void sent(Bytes sha256, Bytes plaintext) {
        plaintexts.put(sha256, plaintext);
    }

    /// Its outcome is not known; the log may tell.
    void unsettled(Bytes sha256) {
        if (plaintexts.containsKey(sha256) && unsettled.add(sha256)) {
            if (unsettled.size() > UNSETTLED_MAX) {
                var oldest = unsettled.iterator().next();
                unsettled.remove(oldest);
                plaintexts.remove(oldest);
            }
        }
    }

    /// It came back, or it was refused.
    ///
    /// @return its plaintext, or null when it is not an own one
    @Nullable Bytes take(Bytes sha256) {
        unsettled.remove(sha256);
        return plaintexts.remove(sha256);
    }

    void clear() {
        plaintexts.clear();
        unsettled.clear();
    }
}
