package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A client's pseudonym within one group, 16 bytes: a keyed hash, so that a stored roster names nobody
/// and two rosters cannot be joined (invariant I8). Made by the gateway, the last place that sees names.
///
/// Held as two numbers, for rosters and cursors hold one for each of 50,000.
///
/// @param high the first eight bytes, big-endian
/// @param low the other eight
public record MemberId(long high, long low) {
    public static final int BYTES = 16;

    /// @param bytes 16 of them
    public MemberId(Bytes bytes) {
        this(checked(bytes).longAt(0), bytes.longAt(Long.BYTES));
    }

    private static Bytes checked(Bytes bytes) {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException("a member id has 16 bytes, not " + bytes.size());
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
