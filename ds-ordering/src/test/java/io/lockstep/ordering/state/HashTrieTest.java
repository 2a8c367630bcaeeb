package io.lockstep.ordering.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashTrieTest {
    private static final long SEED = 20261201;

    private record Element(Long key, int value) implements HashTrie.Leaf<Long> {}

    private static HashTrie<Long, Element> empty() {
        return HashTrie.empty((key, depth) -> (int) (key >>> (60 - 4 * depth)) & 0xf);
    }

    @Test
    void findsWhatAMapFindsInEveryVersion() {
        var random = new Random(SEED);
        var tries = new ArrayList<HashTrie<Long, Element>>();
        var maps = new ArrayList<Map<Long, Integer>>();
        tries.add(empty());
        maps.add(Map.of());
        for (int i = 0; i < 500; i++) {
            // Some keys occur twice, and some share all nibbles but the last.
            long key = random.nextInt(4) == 0 ? random.nextInt(16) : random.nextLong();
            tries.add(tries.getLast().with(new Element(key, i)));
            var map = new HashMap<>(maps.getLast());
            map.put(key, i);
            maps.add(map);
        }
        var keys = maps.getLast().keySet();
        for (int version = 0; version < tries.size(); version++) {
            var trie = tries.get(version);
            var map = maps.get(version);
            assertThat(trie.size()).as("seed %d, version %d", SEED, version).isEqualTo(map.size());
            for (var key : keys) {
                var found = trie.find(key);
                assertThat(found == null ? null : found.value())
                        .as("seed %d, version %d, key %x", SEED, version, key)
                        .isEqualTo(map.get(key));
            }
        }
    }

    @Test
    void keysThatDifferInTheLastNibbleOnlyAreToldApart() {
        var trie = empty().with(new Element(0L, 0)).with(new Element(1L, 1));

        assertThat(trie.find(0L)).isEqualTo(new Element(0L, 0));
        assertThat(trie.find(1L)).isEqualTo(new Element(1L, 1));
        assertThat(trie.find(2L)).isNull();
        assertThat(trie.find(1L << 60)).isNull();
    }

    @Test
    void theNewestElementOfAKeyTakesThePlaceOfTheOneBefore() {
        var before = empty().with(new Element(7L, 1));
        var after = before.with(new Element(7L, 2));

        assertThat(after.size()).isEqualTo(1);
        assertThat(after.find(7L)).isEqualTo(new Element(7L, 2));
        assertThat(before.find(7L)).isEqualTo(new Element(7L, 1));
        assertThat(after.withIfAbsent(new Element(7L, 3))).isSameAs(after);
        assertThat(after.withIfAbsent(new Element(8L, 3)).size()).isEqualTo(2);
    }
}
