package io.lockstep.wire.frame;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// The running hash over a group's history, 32 bytes, as the client protocol defines it.
///
/// ```
/// head(0) = SHA-256("lockstep.v1 head" ‖ incarnation[16] ‖ u8 len(group) ‖ group)
/// head(p) = SHA-256(head(p-1)[32] ‖ u8 len(group) ‖ group ‖ u64 p ‖ u8 kind
///                   ‖ SHA-256(message)[32])
/// ```
///
/// Integers are big-endian; kind is the number of [io.lockstep.wire.proto.Kind].
public final class HeadHash {
    private static final byte[] LABEL = "lockstep.v1 head".getBytes(StandardCharsets.US_ASCII);

    private HeadHash() {}

    /// The head of a group without entries.
    public static Bytes first(GroupId group, Bytes incarnation) {
        var digest = Bytes.newSha256();
        digest.update(LABEL);
        incarnation.update(digest);
        digest.update((byte) group.bytes().size());
        group.bytes().update(digest);
        return Bytes.wrap(digest.digest());
    }

    /// The head after one more entry.
    ///
    /// @param messageSha256 the hash of the entry's message bytes
    public static Bytes next(
            Bytes previous, GroupId group, long position, int kind, Bytes messageSha256) {
        var digest = Bytes.newSha256();
        previous.update(digest);
        digest.update((byte) group.bytes().size());
        group.bytes().update(digest);
        digest.update(ByteBuffer.allocate(9).putLong(position).put((byte) kind).flip());
        messageSha256.update(digest);
        return Bytes.wrap(digest.digest());
    }
}
