package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A reference to bytes that are stored separately from the log: a blob of the same group.
///
/// @param sha256 of the bytes, their address
/// @param size number of bytes
public record BlobReference(Bytes sha256, long size) implements PartContent {
    public static final int SHA256_BYTES = 32;

    public BlobReference {
        if (sha256.size() != SHA256_BYTES || size < 1) {
            throw new IllegalArgumentException(
                    "a blob has a SHA-256 of 32 bytes and at least one byte");
        }
    }

    /// The reference to bytes that are at hand.
    public static BlobReference to(Bytes bytes) {
        return new BlobReference(bytes.sha256(), bytes.size());
    }

    @Override
    public int inlineSize() {
        return 0;
    }

    @Override
    public String toString() {
        return sha256.hex() + "/" + size;
    }
}
