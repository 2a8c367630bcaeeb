package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;

/// The group_id of an MLS group: opaque bytes chosen by its creator (RFC 9420 §8.1).
///
/// @param bytes 1 to [#BYTES_MAX] bytes
public record GroupId(Bytes bytes) {
    /// RFC 9420 sets no limit, but a key in a store and a field of every delivery need one.
    public static final int BYTES_MAX = 255;

    public GroupId {
        if (bytes.isEmpty() || bytes.size() > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a group id must have 1 to 255 bytes, not " + bytes.size());
        }
    }

    @Override
    public String toString() {
        return bytes.toString();
    }
}
