package io.lockstep.directory;

import io.lockstep.wire.Bytes;

/// Which of its KeyPackages a client deletes.
public sealed interface DeletionScope {
    record All() implements DeletionScope {}

    record OfKind(KeyPackageKind kind) implements DeletionScope {}

    record OfRef(Bytes ref) implements DeletionScope {}
}
