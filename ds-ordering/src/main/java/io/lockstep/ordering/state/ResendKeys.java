package io.lockstep.ordering.state;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// The resend keys (SHA-256 of message bytes) of the newest entries, with their positions. A
/// persistent map, so that a batch can be decided on a copy and the copy discarded.
///
/// It has two generations. New keys go into the young one. When the young one holds half of the
/// limit it becomes the old one, and the previous old generation is discarded. A key costs about
/// [#KEY_BYTES].
///
/// Invariant: the key of every entry at a position above [#floor] is present.
///
/// @param generationMax maximum number of keys in a generation
record ResendKeys(int generationMax, Generation old, Generation young) {
    /// Leaf 32, hash object 24, its array 48, its share of the branches about 25.
    static final int KEY_BYTES = 130;

    /// An empty map for a log without entries above `floor`.
    ///
    /// @param floorEpoch the group's epoch after the entry at `floor`
    static ResendKeys above(long floor, long floorEpoch, int keysMax) {
        var none = Generation.above(floor, floorEpoch);
        return new ResendKeys(Math.max(1, keysMax / 2), none, none);
    }

    /// The entry with these bytes.
    ///
    /// @param epochAfter the group's epoch after it
    record KeyLocation(long position, long epochAfter) {}

    Optional<KeyLocation> find(Bytes key) {
        var leaf = young.keys.find(key);
        if (leaf == null) {
            leaf = old.keys.find(key);
        }
        return leaf == null
                ? Optional.empty()
                : Optional.of(new KeyLocation(leaf.position, leaf.epochAfter));
    }

    /// @param epochBefore the group's epoch before this entry
    ResendKeys with(Bytes key, long position, long epochBefore, long epochAfter) {
        var leaf = new KeyTrieLeaf(key, position, epochAfter);
        if (young.keys.size() < generationMax) {
            return new ResendKeys(generationMax, old, young.with(leaf));
        }
        var next = Generation.above(position - 1, epochBefore);
        return new ResendKeys(generationMax, young, next.with(leaf));
    }

    /// Keys of entries at or below this position may be missing.
    long floor() {
        return old.floor;
    }

    /// Whether the key of an entry with this epoch in its header must be present, if the entry
    /// exists: it cannot have been appended before the group reached that epoch.
    boolean covers(long epoch) {
        return old.floor == 0 || Long.compareUnsigned(epoch, old.floorEpoch) > 0;
    }

    int size() {
        // Before the first change of generations, both are the same object.
        return old.floor == young.floor ? young.keys.size() : old.keys.size() + young.keys.size();
    }

    /// @param floor the position before its first key
    /// @param floorEpoch the group's epoch after the entry at `floor`
    record Generation(HashTrie<Bytes, KeyTrieLeaf> keys, long floor, long floorEpoch) {
        static Generation above(long floor, long floorEpoch) {
            return new Generation(HashTrie.empty(ResendKeys::nibble), floor, floorEpoch);
        }

        /// The first entry with a key keeps its position: the log contains no bytes twice (I4).
        Generation with(KeyTrieLeaf leaf) {
            return new Generation(keys.withIfAbsent(leaf), floor, floorEpoch);
        }
    }

    record KeyTrieLeaf(Bytes key, long position, long epochAfter) implements HashTrie.Leaf<Bytes> {}

    private static int nibble(Bytes key, int depth) {
        int b = key.at(depth >> 1);
        return (depth & 1) == 0 ? b >> 4 : b & 0xf;
    }
}
