package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A user's pseudonym within one group, 16 bytes. All devices of the user share it.
///
/// @param high the first eight bytes, big-endian
/// @param low the last eight bytes, big-endian
public record UserPseudonym(long high, long low) {
    public static final int BYTES = 16;

    /// @param bytes 16 bytes
    public UserPseudonym(Bytes bytes) {
        this(checked(bytes).longAt(0), bytes.longAt(Long.BYTES));
    }

    private static Bytes checked(Bytes bytes) {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException(
                    "a user pseudonym must have 16 bytes, not " + bytes.size());
        }
        return bytes;
    }

    public Bytes bytes() {
        return Bytes.ofLongs(high, low);
    }

    @Override
    public String toString() {
        return bytes().hex();
    }
}
