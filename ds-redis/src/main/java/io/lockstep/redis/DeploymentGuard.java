package io.lockstep.redis;

import io.lettuce.core.SetArgs;
import io.lockstep.log.DeploymentKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;

/// Keeps a node with another deployment key away from the data: under a wrong key every group would
/// seem missing.
public final class DeploymentGuard {
    private static final byte[] KEY = Script.ascii("ls:deployment");

    private DeploymentGuard() {}

    /// How keys and values lie in the store, see the package. Another layout is refused, not misread.
    private static final String LAYOUT = " layout 2";

    /// Leaves the key's fingerprint in an empty store, and compares it in any other. Blocks.
    ///
    /// @throws IllegalStateException when the data belongs to another key
    public static void check(RedisConnections connections, DeploymentKey key) {
        var fingerprint = fingerprint(key);
        var line = connections.questions();
        var patience = connections.settings().commandTimeout().plus(Duration.ofSeconds(1));
        var found =
                line.send(commands -> commands.set(KEY, fingerprint, SetArgs.Builder.nx()))
                        .then(line.send(commands -> commands.get(KEY)))
                        .block(patience);
        if (found != null && isOtherLayout(found, fingerprint)) {
            throw new IllegalStateException(
                    "the data in this Redis has another layout than this version reads: it was written by"
                            + " another version, and cannot be converted");
        }
        if (found == null || !MessageDigest.isEqual(found, fingerprint)) {
            throw new IllegalStateException(
                    "the data in this Redis was written under another deployment key");
        }
    }

    private static boolean isOtherLayout(byte[] found, byte[] fingerprint) {
        int digits = fingerprint.length - LAYOUT.length();
        return found.length >= digits
                && MessageDigest.isEqual(
                        Arrays.copyOf(found, digits), Arrays.copyOf(fingerprint, digits))
                && !Arrays.equals(found, fingerprint);
    }

    /// Tells nothing about the key: 8 bytes of a keyed hash, in hexadecimal digits.
    private static byte[] fingerprint(DeploymentKey key) {
        var hash =
                DeploymentKey.hmac(
                        key.derive("fingerprint"), "lockstep".getBytes(StandardCharsets.US_ASCII));
        return Script.ascii(hash.slice(0, 8).hex() + LAYOUT);
    }
}
