package io.lockstep.directory;

import io.lockstep.wire.Bytes;

/// Which of its KeyPackages a client deletes.
public sealed interface Deletion {
    record All() implements Deletion {}

    record OfShelf(Shelf shelf) implements Deletion {}

    record OfRef(Bytes ref) implements Deletion {}
}
