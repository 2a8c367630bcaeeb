package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A client's pseudonym within one group, 16 bytes: a keyed hash, so that a stored roster reveals
/// no names and two rosters cannot be joined (invariant I8). The gateway computes it; no later
/// component sees names.
///
/// Stored as two numbers, because rosters and cursors hold one for each of 50,000 members.
///
/// @param high the first eight bytes, big-endian
/// @param low the last eight bytes, big-endian
public record MemberId(long high, long low) {
    public static final int BYTES = 16;

    /// @param bytes 16 bytes
    public MemberId(Bytes bytes) {
        this(checked(bytes).longAt(0), bytes.longAt(Long.BYTES));
    }

    private static Bytes checked(Bytes bytes) {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException(
                    "a member id must have 16 bytes, not " + bytes.size());
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
