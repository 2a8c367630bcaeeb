package io.lockstep.ordering.state;

import io.lockstep.wire.Bytes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
        var none = new Generation(Branch.EMPTY, 0, floor, floorEpoch);
        return new ResendKeys(Math.max(1, keysMax / 2), none, none);
    }

    /// Where the entry with these bytes lies.
    ///
    /// @param epochAfter the group's epoch after it
    record Found(long position, long epochAfter) {}

    Optional<Found> find(Bytes key) {
        var leaf = young.find(key);
        if (leaf == null) {
            leaf = old.find(key);
        }
        return leaf == null
                ? Optional.empty()
                : Optional.of(new Found(leaf.position, leaf.epochAfter));
    }

    /// @param epochBefore the group's epoch before this entry
    ResendKeys with(Bytes key, long position, long epochBefore, long epochAfter) {
        var leaf = new Leaf(key, position, epochAfter);
        if (young.size < generationMax) {
            return new ResendKeys(generationMax, old, young.with(leaf));
        }
        var next = new Generation(Branch.EMPTY, 0, position - 1, epochBefore);
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
        return old.floor == young.floor ? young.size : old.size + young.size;
    }

    /// A 16-way trie over the nibbles of the hash, which needs no mixing and no balance.
    ///
    /// @param floor the position before its first key
    /// @param floorEpoch the group's epoch after the entry at `floor`
    record Generation(Branch root, int size, long floor, long floorEpoch) {
        Generation with(Leaf leaf) {
            return new Generation(root.with(leaf, 0), size + 1, floor, floorEpoch);
        }

        @Nullable Leaf find(Bytes key) {
            Node node = root;
            for (int depth = 0; node instanceof Branch branch; depth++) {
                node = branch.children[nibble(key, depth)];
            }
            return node instanceof Leaf leaf && leaf.key.equals(key) ? leaf : null;
        }
    }

    sealed interface Node {}

    record Leaf(Bytes key, long position, long epochAfter) implements Node {}

    /// Not a record: it holds an array, which nobody writes to once it is reachable.
    private static final class Branch implements Node {
        static final Branch EMPTY = new Branch(new @Nullable Node[16]);

        private final @Nullable Node[] children;

        private Branch(@Nullable Node[] children) {
            this.children = children;
        }

        /// The first to come keeps its place: the log holds no bytes twice (I4).
        Branch with(Leaf leaf, int depth) {
            var next = children.clone();
            int i = nibble(leaf.key, depth);
            next[i] =
                    switch (next[i]) {
                        case null -> leaf;
                        case Branch branch -> branch.with(leaf, depth + 1);
                        case Leaf other when other.key.equals(leaf.key) -> other;
                        case Leaf other -> EMPTY.with(other, depth + 1).with(leaf, depth + 1);
                    };
            return new Branch(next);
        }
    }

    private static int nibble(Bytes key, int depth) {
        int b = key.at(depth >> 1);
        return (depth & 1) == 0 ? b >> 4 : b & 0xf;
    }
}
