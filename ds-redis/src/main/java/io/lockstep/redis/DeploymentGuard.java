package io.lockstep.redis;

import io.lockstep.runtime.DeploymentKey;
import java.nio.charset.StandardCharsets;

/// Keeps a node with another deployment key away from the data, under which every group would seem missing, and
/// a node away from a store that has lost its data ([DeploymentMarker]).
public final class DeploymentGuard {
    private DeploymentGuard() {}

    /// How keys and values lie in the store, see the package. Another layout is refused, not misread.
    private static final String LAYOUT = " layout 2";

    /// Leaves the key's fingerprint in an empty store, compares it in any other, and goes on to do so with each
    /// verification. Blocks, in bounded time.
    ///
    /// @throws IllegalStateException when the data belongs to another key, or the store is empty and other nodes
    ///     remember one that was not
    public static void check(RedisConnections connections, DeploymentKey key) {
        var before = connections.refusals();
        connections.expect(fingerprint(key));
        var refusals = connections.refusals();
        if (before.isEmpty() && !refusals.isEmpty()) {
            throw new IllegalStateException(String.join("; ", refusals));
        }
    }

    /// Tells nothing about the key: 8 bytes of a keyed hash, in hexadecimal digits.
    private static byte[] fingerprint(DeploymentKey key) {
        var hash =
                DeploymentKey.hmac(
                        key.derive("fingerprint"), "lockstep".getBytes(StandardCharsets.US_ASCII));
        return Script.ascii(hash.slice(0, 8).hex() + LAYOUT);
    }
}
