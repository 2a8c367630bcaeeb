package io.lockstep.redis.log;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.NewEntry;
import io.lockstep.redis.Script;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The distinct blobs that a batch refers to, in the order in which the script gets them.
final class ReferencedBlobs {
    /// @param atLeastMillis minimum remaining life
    /// @param position position of the first entry that refers to it
    private record Use(long atLeastMillis, long position) {
        Use with(Use later) {
            return new Use(Math.max(atLeastMillis, later.atLeastMillis), position);
        }
    }

    private final SequencedMap<BlobReference, Use> uses = new LinkedHashMap<>();

    ReferencedBlobs(List<NewEntry> batch) {
        for (var added : batch) {
            for (var reference : added.references()) {
                // What is of the entry lives as long as it. What a joiner needs lives at least as
                // long as an inbox item.
                long atLeast = added.isOfEntry(reference) ? 0 : BlobStore.PARTS_MIN.toMillis();
                uses.merge(reference, new Use(atLeast, added.entry().position()), Use::with);
            }
        }
    }

    int count() {
        return uses.size();
    }

    List<Bytes> sha256s() {
        return uses.keySet().stream().map(BlobReference::sha256).toList();
    }

    /// Triples of size, minimum life in milliseconds and position.
    List<byte[]> arguments() {
        var triples = new ArrayList<byte[]>(3 * uses.size());
        uses.forEach((reference, use) -> {
            triples.add(Script.number(reference.size()));
            triples.add(Script.number(use.atLeastMillis()));
            triples.add(Script.number(use.position()));
        });
        return triples;
    }
}
