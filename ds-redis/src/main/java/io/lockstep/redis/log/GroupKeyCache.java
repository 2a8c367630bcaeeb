package io.lockstep.redis.log;

import io.lockstep.log.GroupTail;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import reactor.core.publisher.Mono;

/// Wraps and unwraps the keys of groups, and caches those that are unwrapped. The meta hash of a
/// group contains its wrapped key:
///
/// ```
/// wrapped = id[8] ‖ sealed key, with the group's name in its purpose
/// ```
///
/// Scripts that return entries return it too. Only an append of a node that has not read the group
/// asks for it.
///
/// Threads: *thread-safe*. Bounded in count: a group that was evicted costs an AES operation, or one
/// round trip before an append.
final class GroupKeyCache {
    private static final Script GROUP_KEY = Script.of("log/group_key");
    private static final RateLimitedLogger BROKEN = RateLimitedLogger.of(GroupKeyCache.class);

    /// A power of two. About 700 bytes each.
    private static final int SLOTS = 4_096;

    private final PipelinedConnection connection;
    private final ValueSealer sealing;
    private final AtomicReferenceArray<CachedKey> slots = new AtomicReferenceArray<>(SLOTS);

    GroupKeyCache(PipelinedConnection connection, ValueSealer sealing) {
        this.connection = connection;
        this.sealing = sealing;
    }

    private record CachedKey(String group, GroupKey key) {}

    /// The value of the meta hash.
    byte[] wrap(GroupRedisKeys keys, GroupKey key) {
        var sealed = sealing.seal(purpose(keys), key.secret());
        var wrapped = Arrays.copyOf(key.id().toArray(), GroupKey.ID_BYTES + sealed.length);
        System.arraycopy(sealed, 0, wrapped, GroupKey.ID_BYTES, sealed.length);
        return wrapped;
    }

    /// @param wrapped value of the meta hash
    /// @return empty if there is none, or it cannot be opened
    Optional<GroupKey> unwrap(GroupRedisKeys keys, byte[] wrapped) {
        if (wrapped.length < GroupKey.ID_BYTES) {
            return Optional.empty();
        }
        var id = Bytes.wrap(Arrays.copyOf(wrapped, GroupKey.ID_BYTES));
        var known = cached(keys).filter(key -> key.id().equals(id));
        if (known.isPresent()) {
            return known;
        }
        try {
            var key =
                    GroupKey.of(
                            Bytes.wrap(sealing.open(purpose(keys), wrapped, GroupKey.ID_BYTES)));
            if (key.id().equals(id)) {
                remember(keys, key);
                return Optional.of(key);
            }
            BROKEN.error("ALARM SEAL the key of group {} has another id", keys.name());
        } catch (BrokenSealException | IllegalArgumentException e) {
            BROKEN.error("ALARM SEAL the key of group {} cannot be opened: {}", keys.name(), e);
        }
        return Optional.empty();
    }

    /// A reader for the entries in a reply.
    ///
    /// @param tail of the group, in the same reply
    /// @param wrapped in the same reply
    EntryReader reader(GroupRedisKeys keys, GroupTail tail, byte[] wrapped) {
        return new EntryReader(keys.name(), unwrap(keys, wrapped), tail.last().incarnation());
    }

    Optional<GroupKey> cached(GroupRedisKeys keys) {
        var slot = slots.get(slot(keys));
        return slot != null && slot.group.equals(keys.name())
                ? Optional.of(slot.key)
                : Optional.empty();
    }

    void remember(GroupRedisKeys keys, GroupKey key) {
        slots.set(slot(keys), new CachedKey(keys.name(), key));
    }

    void forget(GroupRedisKeys keys) {
        slots.set(slot(keys), null);
    }

    /// The key of the group. A group of an earlier release gets one.
    ///
    /// @return empty when the group does not exist
    /// @throws BrokenSealException when its key cannot be opened
    Mono<GroupKey> of(GroupRedisKeys keys) {
        var known = cached(keys);
        if (known.isPresent()) {
            return Mono.just(known.get());
        }
        return Mono.defer(() ->
                        GROUP_KEY.run(
                                connection,
                                new byte[][] {keys.meta()},
                                wrap(keys, GroupKey.generate())))
                .map(ScriptReply::of)
                .filter(reply -> !reply.isEmpty())
                .map(reply ->
                        unwrap(keys, reply.bytes(0))
                                .orElseThrow(() -> new BrokenSealException(purpose(keys), null)));
    }

    /// A key that was moved to another group does not open.
    private static String purpose(GroupRedisKeys keys) {
        return SealPurpose.groupKey(keys.name());
    }

    private static int slot(GroupRedisKeys keys) {
        int hash = keys.name().hashCode();
        return (hash ^ (hash >>> 16)) & (SLOTS - 1);
    }
}
