package io.lockstep.log;

import java.util.OptionalLong;

/// What is known of a blob without its bytes.
///
/// @param size how many bytes
/// @param position of the first entry that referred to it, itself or by what came with it; empty while none has
public record BlobInfo(long size, OptionalLong position) {
    /// Whether who was shown the log up to there was shown an entry that refers to it.
    public boolean isShownUpTo(long lastVisible) {
        return position.isPresent() && position.getAsLong() <= lastVisible;
    }
}
