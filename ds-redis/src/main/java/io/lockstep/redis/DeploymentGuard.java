package io.lockstep.redis;

import io.lockstep.runtime.DeploymentKey;
import java.nio.charset.StandardCharsets;

/// Checks at start that this node and the store belong together. It stops a node with another
/// deployment key, because with that key every group would seem missing. It also stops a node when
/// the store has lost its data ([DeploymentMarker]).
public final class DeploymentGuard {
    private DeploymentGuard() {}

    /// Version of the layout of keys and values in the store (see the package comment). A node
    /// refuses a store with another layout.
    private static final String LAYOUT = " layout 3";

    /// Has the same keys, and values that this release reads. A store of this layout gets the
    /// present number, and then no node of an earlier release uses it: it could not read sealed
    /// entries.
    private static final String LAYOUT_BEFORE = " layout 2";

    /// Writes the key's fingerprint to an empty store and compares it with that of any other store.
    /// Each later verification repeats the comparison. Blocks for a bounded time.
    ///
    /// @throws IllegalStateException when the data belongs to another key, or when the store is
    ///     empty and other nodes remember a store with data
    public static void check(RedisConnections connections, DeploymentKey key) {
        var before = connections.refusals();
        connections.expect(fingerprint(key, LAYOUT), fingerprint(key, LAYOUT_BEFORE));
        var refusals = connections.refusals();
        if (before.isEmpty() && !refusals.isEmpty()) {
            throw new IllegalStateException(String.join("; ", refusals));
        }
    }

    /// 8 bytes of a keyed hash, in hexadecimal digits. They reveal nothing about the key.
    private static byte[] fingerprint(DeploymentKey key, String layout) {
        var hash =
                DeploymentKey.hmac(
                        key.derive("fingerprint"), "lockstep".getBytes(StandardCharsets.US_ASCII));
        return Script.ascii(hash.slice(0, 8).hex() + layout);
    }
}
