package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A user's pseudonym within one group, 16 bytes: what the devices of one user have in common there.
public record OwnerId(Bytes bytes) {
    public static final int BYTES = 16;

    public OwnerId {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException("an owner id has 16 bytes, not " + bytes.size());
        }
    }

    @Override
    public String toString() {
        return bytes.hex();
    }
}
