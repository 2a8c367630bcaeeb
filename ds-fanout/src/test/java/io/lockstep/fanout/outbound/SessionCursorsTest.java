package io.lockstep.fanout.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.HashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SessionCursorsTest {
    private final SessionCursors cursors = CursorArrayTest.session();

    private static GroupId group(int number) {
        return new GroupId(Bytes.wrap(new byte[] {(byte) number}));
    }

    private DeliveryCursor cursor(GroupId group) {
        return CursorArrayTest.cursor(cursors, group);
    }

    @Test
    void behavesAsAMapWithOneCursorAndWithMany() {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        var expected = new HashMap<GroupId, DeliveryCursor>();
        for (int step = 0; step < 2_000; step++) {
            var group = group(random.nextInt(step < 200 ? 1 : 4));
            if (random.nextBoolean()) {
                var cursor = cursor(group);
                assertThat(cursors.put(cursor))
                        .as("seed %d, step %d", seed, step)
                        .isSameAs(expected.put(group, cursor));
            } else if (expected.containsKey(group)) {
                cursors.remove(expected.remove(group));
            }
            for (int i = 0; i < 4; i++) {
                assertThat(cursors.find(group(i)))
                        .as("seed %d, step %d, group %d", seed, step, i)
                        .isSameAs(expected.get(group(i)));
            }
        }
        assertThat(cursors.takeAll()).as("seed %d", seed).containsAll(expected.values());
        assertThat(cursors.takeAll()).isEmpty();
    }

    @Test
    void removingACursorWhosePlaceIsTakenLeavesTheOther() {
        for (int groups = 1; groups <= 2; groups++) {
            var former = cursor(group(groups));
            var later = cursor(group(groups));
            cursors.put(former);
            cursors.put(later);
            cursors.remove(former);
            assertThat(cursors.find(group(groups))).isSameAs(later);
        }
    }

    @Test
    void aCursorIsFoundUnderTheIdThatItShares() {
        for (int groups = 1; groups <= 2; groups++) {
            var cursor = cursor(group(groups));
            cursors.put(cursor);
            var shared = group(groups);
            cursors.shareGroup(cursor, shared);
            assertThat(cursor.group).isSameAs(shared);
            assertThat(cursors.find(group(groups))).isSameAs(cursor);
        }
    }

    @Test
    void theCursorThatWaitsLongestForTheSocketComesFirst() {
        var first = cursor(group(1));
        var gone = cursor(group(2));
        var last = cursor(group(3));
        assertThat(cursors.pollUnwritable()).isNull();
        cursors.addUnwritable(first);
        cursors.addUnwritable(gone);
        cursors.addUnwritable(last);
        cursors.removeUnwritable(gone);
        assertThat(cursors.pollUnwritable()).isSameAs(first);
        assertThat(cursors.pollUnwritable()).isSameAs(last);
        assertThat(cursors.pollUnwritable()).isNull();
    }
}
