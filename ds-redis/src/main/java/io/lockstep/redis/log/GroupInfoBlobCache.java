package io.lockstep.redis.log;

import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Caches which blobs the stored GroupInfo of each group refers to. A script may use only the keys
/// that it gets, so a commit passes the blobs of the GroupInfo that it replaces. If these are not
/// the stored ones, the script replies with the right names.
///
/// A blob is named by its SHA-256, 64 hexadecimal digits. The names of a GroupInfo are
/// concatenated.
///
/// Threads: *thread-safe*. Bounded in count: a group that was evicted costs one more round trip.
final class GroupInfoBlobCache {
    static final String NONE = "";
    private static final int NAME_LENGTH = 64;

    /// A key and two SHA-256: about 300 bytes each.
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

    /// The names of the blobs of a GroupInfo.
    static String names(StoredGroupInfo groupInfo) {
        return groupInfo.references().stream()
                .map(reference -> reference.sha256().hex())
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
