package io.lockstep.log;

import java.util.OptionalLong;

/// The metadata of a blob.
///
/// @param size number of bytes
/// @param position of the first entry that referred to it, directly or through a part of its
///     commit; empty while no entry has
public record BlobInfo(long size, OptionalLong position) {
    /// Whether a member that was sent the log up to this position was sent an entry that refers to
    /// the blob.
    public boolean isShownUpTo(long lastVisible) {
        return position.isPresent() && position.getAsLong() <= lastVisible;
    }
}
