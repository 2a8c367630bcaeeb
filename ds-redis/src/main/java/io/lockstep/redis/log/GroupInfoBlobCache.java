package io.lockstep.redis.log;

import io.lockstep.log.NewEntry;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Which blobs the stored GroupInfo of each group refers to, as far as this node knows. A script may use no key
/// that it was not told of, so a commit says whose lives end; the script answers when these are others.
///
/// The blobs of a GroupInfo are named by their SHA-256, 64 hexadecimal digits each, one after the other.
///
/// Threads: *thread-safe*. Bounded in count: a group that is forgotten costs one more round trip.
final class GroupInfoBlobCache {
    static final String NONE = "";
    private static final int NAME_LENGTH = 64;

    /// A name and two SHA-256: about 300 bytes each.
    private static final int GROUPS_MAX = 4_096;

    private final Map<String, String> known =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
                    return size() > GROUPS_MAX;
                }
            };

    synchronized String of(GroupRedisKeys keys) {
        return known.getOrDefault(keys.name(), NONE);
    }

    synchronized void are(GroupRedisKeys keys, String names) {
        if (names.isEmpty()) {
            known.remove(keys.name());
        } else {
            known.put(keys.name(), names);
        }
    }

    /// Those of the GroupInfo that is stored after a batch with a commit.
    static String after(List<NewEntry> batch) {
        return NewEntry.groupInfoBlobs(batch).stream()
                .map(Bytes::hex)
                .collect(Collectors.joining());
    }

    static List<Bytes> sha256s(String names) {
        var sha256s = new ArrayList<Bytes>();
        for (int at = 0; at < names.length(); at += NAME_LENGTH) {
            sha256s.add(Bytes.ofHex(names.substring(at, at + NAME_LENGTH)));
        }
        return sha256s;
    }
}
