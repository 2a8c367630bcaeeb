package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A client's pseudonym within one group, 16 bytes: a keyed hash, so that a stored roster names nobody
/// and two rosters cannot be joined (invariant I8). Made by the gateway, the last place that sees names.
public record MemberId(Bytes bytes) {
    public static final int BYTES = 16;

    public MemberId {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException("a member id has 16 bytes, not " + bytes.size());
        }
    }

    @Override
    public String toString() {
        return bytes.hex();
    }
}
