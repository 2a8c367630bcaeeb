package io.lockstep.ordering.state;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// The resend keys (SHA-256 of message bytes) of the newest entries, and where each lies: a persistent
/// map, so that a batch can be decided on a draft and the draft thrown away.
///
/// Two generations: keys go into the young one; when it holds half of the limit it becomes the old one,
/// and the keys that were old are forgotten together. A key costs about [#KEY_BYTES].
///
/// Invariant: every entry at a position above [#floor] has its key here.
///
/// @param generationMax how many keys a generation takes
record ResendKeys(int generationMax, Generation old, Generation young) {
    /// Leaf 32, hash object 24, its array 48, its share of the branches about 25.
    static final int KEY_BYTES = 130;

    /// Knows no key, and that there is none to know above `floor`.
    ///
    /// @param floorEpoch the group's epoch after the entry at `floor`
    static ResendKeys above(long floor, long floorEpoch, int keysMax) {
        var none = Generation.above(floor, floorEpoch);
        return new ResendKeys(Math.max(1, keysMax / 2), none, none);
    }

    /// Where the entry with these bytes lies.
    ///
    /// @param epochAfter the group's epoch after it
    record Found(long position, long epochAfter) {}

    Optional<Found> find(Bytes key) {
        var leaf = young.keys.find(key);
        if (leaf == null) {
            leaf = old.keys.find(key);
        }
        return leaf == null
                ? Optional.empty()
                : Optional.of(new Found(leaf.position, leaf.epochAfter));
    }

    /// @param epochBefore the group's epoch before this entry
    ResendKeys with(Bytes key, long position, long epochBefore, long epochAfter) {
        var leaf = new Leaf(key, position, epochAfter);
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

    /// Whether an entry whose header carries this epoch must have its key here, if there is one: it
    /// cannot have been appended before the group reached that epoch.
    boolean covers(long epoch) {
        return old.floor == 0 || Long.compareUnsigned(epoch, old.floorEpoch) > 0;
    }

    int size() {
        // Before the first change of generations, both are one.
        return old.floor == young.floor ? young.keys.size() : old.keys.size() + young.keys.size();
    }

    /// @param floor the position before its first key
    /// @param floorEpoch the group's epoch after the entry at `floor`
    record Generation(HashTrie<Bytes, Leaf> keys, long floor, long floorEpoch) {
        static Generation above(long floor, long floorEpoch) {
            return new Generation(HashTrie.empty(ResendKeys::nibble), floor, floorEpoch);
        }

        /// The first to come keeps its place: the log holds no bytes twice (I4).
        Generation with(Leaf leaf) {
            return new Generation(keys.withIfAbsent(leaf), floor, floorEpoch);
        }
    }

    record Leaf(Bytes key, long position, long epochAfter) implements HashTrie.Leaf<Bytes> {}

    private static int nibble(Bytes key, int depth) {
        int b = key.at(depth >> 1);
        return (depth & 1) == 0 ? b >> 4 : b & 0xf;
    }
}
