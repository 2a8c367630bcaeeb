package io.lockstep.ordering.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.ordering.actor.TestAuthors;
import io.lockstep.wire.Bytes;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ResendKeysTest {
    private static Bytes key(long i) {
        return TestAuthors.bytes("key " + i).sha256();
    }

    @Test
    @DisplayName("I4: every entry above the floor has its key, and no other key is found")
    void findsWhatAMapFinds() {
        int max = 64;
        var keys = ResendKeys.above(0, 0, max);
        for (long p = 1; p <= 1000; p++) {
            keys = keys.with(key(p), p, p / 10, p / 10);
            assertThat(keys.size()).isBetween(1, max);
            assertThat(keys.floor()).isGreaterThanOrEqualTo(Math.max(0, p - max));
            for (long q = keys.floor() + 1; q <= p; q++) {
                assertThat(keys.find(key(q)).orElseThrow())
                        .isEqualTo(new ResendKeys.KeyLocation(q, q / 10));
            }
            assertThat(keys.find(key(-p))).isEmpty();
        }
    }

    @Test
    void remembersAtLeastHalfOfItsLimit() {
        var keys = ResendKeys.above(0, 0, 64);
        for (long p = 1; p <= 1000; p++) {
            keys = keys.with(key(p), p, 0, 0);
            assertThat(keys.floor()).isLessThanOrEqualTo(Math.max(0, p - 32));
        }
    }

    @Test
    void olderVersionIsNotChangedByANewerOne() {
        var before = ResendKeys.above(0, 0, 64).with(key(1), 1, 0, 0);
        var after = before.with(key(2), 2, 0, 0);

        assertThat(before.find(key(2))).isEmpty();
        assertThat(after.find(key(2))).isPresent();
        assertThat(after.find(key(1))).isPresent();
    }

    @Test
    void keysThatShareTheirFirstBytesAreToldApart() {
        var common = "00".repeat(30);
        var keys = ResendKeys.above(0, 0, 1024);
        for (int i = 0; i < 300; i++) {
            keys = keys.with(Bytes.ofHex(common + String.format("%04x", i)), i + 1L, 0, 0);
        }
        for (int i = 0; i < 300; i++) {
            assertThat(keys.find(Bytes.ofHex(common + String.format("%04x", i))))
                    .contains(new ResendKeys.KeyLocation(i + 1L, 0));
        }
        assertThat(keys.find(Bytes.ofHex(common + "ffff"))).isEmpty();
    }

    @Test
    void coversOnlyEpochsThatBeganAboveItsFloor() {
        var keys = ResendKeys.above(10, 5, 64);

        assertThat(keys.covers(6)).isTrue();
        assertThat(keys.covers(5)).isFalse();
        assertThat(keys.covers(-1)).as("epochs are unsigned").isTrue();
        assertThat(ResendKeys.above(0, 5, 64).covers(0)).as("the whole log").isTrue();
    }
}
