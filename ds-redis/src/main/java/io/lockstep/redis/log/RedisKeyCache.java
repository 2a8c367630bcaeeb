package io.lockstep.redis.log;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// Builds the Redis keys of groups and caches some of them.
final class RedisKeyCache {
    private static final int NAME_BYTES = 16;

    /// A power of two. A collision of two groups in a cache slot only costs one more hash.
    private static final int SLOTS = 8_192;

    private final Bytes key;
    private final AtomicReferenceArray<CachedKeys> slots = new AtomicReferenceArray<>(SLOTS);

    RedisKeyCache(KeyDerivation keys) {
        key = keys.derive("group-key");
    }

    GroupRedisKeys of(GroupId group) {
        int hash = group.hashCode();
        int at = (hash ^ (hash >>> 16)) & (SLOTS - 1);
        var slot = slots.get(at);
        if (slot == null || !slot.group.equals(group)) {
            var name = DeploymentKey.hmac(key, group.bytes().toArray()).slice(0, NAME_BYTES).hex();
            slot = new CachedKeys(group, GroupRedisKeys.named(name));
            slots.set(at, slot);
        }
        return slot.keys;
    }

    private record CachedKeys(GroupId group, GroupRedisKeys keys) {}
}
