package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// Bytes that belong to an entry: inline, or stored separately.
public sealed interface PartContent permits PartContent.Inline, BlobReference {
    /// SHA-256 of the bytes; computed if they are inline.
    Bytes sha256();

    long size();

    /// The number of bytes that are inline.
    int inlineSize();

    /// @return empty for no bytes
    static Optional<PartContent> ofOptional(Bytes bytes) {
        return bytes.isEmpty() ? Optional.empty() : Optional.of(new Inline(bytes));
    }

    /// The bytes themselves.
    record Inline(Bytes bytes) implements PartContent {
        @Override
        public Bytes sha256() {
            return bytes.sha256();
        }

        @Override
        public long size() {
            return bytes.size();
        }

        @Override
        public int inlineSize() {
            return bytes.size();
        }
    }
}
