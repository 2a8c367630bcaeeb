package io.lockstep.fanout.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import org.junit.jupiter.api.Test;

class CatchUpWaitersTest {
    private static DeliveryCursor ready() {
        return ready(CursorArrayTest.session(), 1);
    }

    private static DeliveryCursor ready(SessionCursors session, int group) {
        var id = new GroupId(Bytes.wrap(new byte[] {(byte) group}));
        var cursor = CursorArrayTest.cursor(session, id);
        session.put(cursor);
        cursor.state = CursorState.READY;
        return cursor;
    }

    /// A closed session used to stay in the line until its turn: a client that attached again and
    /// again filled the line with closed sessions.
    @Test
    void aClosedSessionLeavesTheLineAtOnce() {
        var places = new CatchUpAdmission(1);
        assertThat(places.isTurnOf(ready())).isTrue();
        var waits = ready();
        assertThat(places.isTurnOf(waits)).isFalse();
        assertThat(places.someoneWaits()).isTrue();

        waits.state = CursorState.GONE;
        places.left(waits);

        assertThat(places.someoneWaits()).isFalse();
        assertThat(places.next()).isEmpty();
    }

    @Test
    void theSlotOfAnUpToDateSessionGoesToTheFirstInTheLine() {
        var places = new CatchUpAdmission(1);
        var first = ready();
        var second = ready();
        var third = ready();
        assertThat(places.isTurnOf(first)).isTrue();
        assertThat(places.isTurnOf(second)).isFalse();
        assertThat(places.isTurnOf(third)).isFalse();
        assertThat(places.next()).isEmpty();

        first.state = CursorState.AT_TAIL;
        places.left(first);

        assertThat(places.next()).containsExactly(second);
        assertThat(places.next()).isEmpty();
    }

    /// Each group used to wait in the line separately. A session kept its slot until the turn of
    /// its last group, which came after sessions that waited for that slot, for ever.
    @Test
    void aSessionWaitsInTheLineOnceWithAllItsGroups() {
        var places = new CatchUpAdmission(1);
        var first = ready();
        assertThat(places.isTurnOf(first)).isTrue();
        var second = ready();
        assertThat(places.isTurnOf(second)).isFalse();
        assertThat(places.isTurnOf(ready())).isFalse();
        var secondOfSecond = ready(second.session, 2);
        assertThat(places.isTurnOf(secondOfSecond)).isFalse();

        first.state = CursorState.AT_TAIL;
        places.left(first);

        assertThat(places.next()).containsExactly(second, secondOfSecond);
    }

    @Test
    void aSessionWithAnOldSlotEntersTheLineAgain() {
        var places = new CatchUpAdmission(1);
        var slow = ready();
        assertThat(places.isTurnOf(slow)).isTrue();
        var waits = ready();
        assertThat(places.isTurnOf(waits)).isFalse();
        for (int round = 1; round < CatchUpAdmission.ROUNDS_MAX; round++) {
            places.makeRoom();
            assertThat(places.isTurnOf(slow)).as("round %d", round).isTrue();
        }

        places.makeRoom();

        assertThat(places.next()).containsExactly(waits);
        assertThat(places.isTurnOf(slow)).isFalse();
    }
}
