package io.lockstep.redis.log;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// Makes the keys of groups, and remembers some that were made.
final class RedisKeyCache {
    private static final int NAME_BYTES = 16;

    /// A power of two; a group that meets another in its slot costs a hash, nothing else.
    private static final int SLOTS = 8_192;

    private final Bytes key;
    private final AtomicReferenceArray<CachedKeys> slots = new AtomicReferenceArray<>(SLOTS);

    RedisKeyCache(DeploymentKey deploymentKey) {
        key = deploymentKey.derive("group-key");
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
