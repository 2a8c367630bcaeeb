package io.lockstep.client.member;

import io.lockstep.wire.Bytes;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The plaintexts of own messages that the log has not delivered yet, by SHA-256 of the message.
/// The sender of a message cannot decrypt it. Confined to the engine thread.
final class OwnPlaintexts {
    /// Messages without an answer are kept, because the log may still deliver them. This is how
    /// many, the newest first: those that were never accepted would otherwise stay forever.
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

    /// Marks a message whose outcome is unknown; the log may still deliver it.
    void unsettled(Bytes sha256) {
        if (plaintexts.containsKey(sha256) && unsettled.add(sha256)) {
            if (unsettled.size() > UNSETTLED_MAX) {
                var oldest = unsettled.iterator().next();
                unsettled.remove(oldest);
                plaintexts.remove(oldest);
            }
        }
    }

    /// Removes a message that the log delivered or the server refused.
    ///
    /// @return its plaintext, or null if it is not an own message
    @Nullable Bytes take(Bytes sha256) {
        unsettled.remove(sha256);
        return plaintexts.remove(sha256);
    }

    void clear() {
        plaintexts.clear();
        unsettled.clear();
    }
}
