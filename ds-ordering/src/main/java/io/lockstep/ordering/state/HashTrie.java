package io.lockstep.ordering.state;

import org.jspecify.annotations.Nullable;

/// A persistent map of elements by their keys, which are hashes: a 16-way trie over the keys'
/// nibbles. Hashes need no mixing and no balancing.
///
/// An element is its own leaf. It costs no object in addition to itself and its share of the
/// branches, about 30 bytes. Adding an element copies the branches on its path, four or five among
/// 100,000.
///
/// Threads: *immutable*.
///
/// @param <K> a hash; equal keys have equal nibbles
/// @param <L> an element
final class HashTrie<K, L extends HashTrie.Leaf<K>> {
    /// A nibble of a key.
    @FunctionalInterface
    interface Nibbles<K> {
        /// @param depth from 0 for the first nibble; less than the number of nibbles of a key
        /// @return 0 to 15
        int nibble(K key, int depth);
    }

    sealed interface Node {}

    /// An element with its key.
    non-sealed interface Leaf<K> extends Node {
        K key();
    }

    private final Nibbles<K> nibbles;
    private final Branch root;
    private final int size;

    private HashTrie(Nibbles<K> nibbles, Branch root, int size) {
        this.nibbles = nibbles;
        this.root = root;
        this.size = size;
    }

    static <K, L extends Leaf<K>> HashTrie<K, L> empty(Nibbles<K> nibbles) {
        return new HashTrie<>(nibbles, Branch.EMPTY, 0);
    }

    int size() {
        return size;
    }

    @Nullable L find(K key) {
        Node node = root;
        for (int depth = 0; node instanceof Branch branch; depth++) {
            node = branch.children[nibbles.nibble(key, depth)];
        }
        if (node == null) {
            return null;
        }
        var leaf = element(node);
        return leaf.key().equals(key) ? leaf : null;
    }

    /// This map with the element, which replaces one with the same key.
    HashTrie<K, L> with(L leaf) {
        return with(leaf, find(leaf.key()) == null ? size + 1 : size);
    }

    /// This map with the element, unless it contains one with the same key.
    HashTrie<K, L> withIfAbsent(L leaf) {
        return find(leaf.key()) == null ? with(leaf, size + 1) : this;
    }

    private HashTrie<K, L> with(L leaf, int newSize) {
        return new HashTrie<>(nibbles, with(root, leaf, 0), newSize);
    }

    private Branch with(Branch branch, L leaf, int depth) {
        var next = branch.children.clone();
        int i = nibbles.nibble(leaf.key(), depth);
        next[i] =
                switch (next[i]) {
                    case null -> leaf;
                    case Branch below -> with(below, leaf, depth + 1);
                    case Leaf<?> other when other.key().equals(leaf.key()) -> leaf;
                    case Leaf<?> other ->
                            with(with(Branch.EMPTY, element(other), depth + 1), leaf, depth + 1);
                };
        return new Branch(next);
    }

    @SuppressWarnings("unchecked") // only elements of this type are put in
    private L element(Node leaf) {
        return (L) leaf;
    }

    /// Not a record, because it holds an array. The array does not change once it is reachable.
    private static final class Branch implements Node {
        static final Branch EMPTY = new Branch(new @Nullable Node[16]);

        private final @Nullable Node[] children;

        private Branch(@Nullable Node[] children) {
            this.children = children;
        }
    }
}
