package io.lockstep.fanout.tail;

import io.lockstep.wire.Bytes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The verified heads at the ends of stretches that were read from a group's log. Later reads must
/// continue them.
///
/// Confined to the group's home loop. Bounded in count: about 150 bytes each.
final class VerifiedHeads {
    private static final int COUNT_MAX = 256;

    private final Map<Long, Bytes> heads =
            new LinkedHashMap<>(4, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Long, Bytes> eldest) {
                    return size() > COUNT_MAX;
                }
            };

    void put(long position, Bytes head) {
        heads.put(position, head);
    }

    Optional<Bytes> at(long position) {
        return Optional.ofNullable(heads.get(position));
    }

    void clear() {
        heads.clear();
    }
}
