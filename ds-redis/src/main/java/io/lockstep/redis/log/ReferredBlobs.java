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

/// The blobs that a batch refers to, each once, in the order in which the script is told of them.
final class ReferredBlobs {
    private final SequencedMap<BlobReference, Long> lives = new LinkedHashMap<>();

    ReferredBlobs(List<NewEntry> batch) {
        for (var added : batch) {
            for (var reference : added.references()) {
                // A message lives as long as its entry; what a joiner needs, at least as long as
                // mail.
                boolean message = reference.equals(added.entry().content());
                long atLeast = message ? 0 : BlobStore.PARTS_MIN.toMillis();
                lives.merge(reference, atLeast, Math::max);
            }
        }
    }

    int count() {
        return lives.size();
    }

    List<Bytes> sha256s() {
        return lives.keySet().stream().map(BlobReference::sha256).toList();
    }

    /// Pairs of a size and a least life in milliseconds.
    List<byte[]> arguments() {
        var pairs = new ArrayList<byte[]>(2 * lives.size());
        lives.forEach((reference, atLeast) -> {
            pairs.add(Script.number(reference.size()));
            pairs.add(Script.number(atLeast));
        });
        return pairs;
    }
}
