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

    /// A closed session used to stay in the line until it got a slot: a client that attached again
    /// and again filled the line with closed sessions.
    @Test
    void aClosedSessionLeavesTheLineAtOnce() {
        var admission = new CatchUpAdmission(1);
        assertThat(admission.admit(ready())).isTrue();
        var waits = ready();
        assertThat(admission.admit(waits)).isFalse();
        assertThat(admission.hasWaiters()).isTrue();

        waits.state = CursorState.GONE;
        admission.release(waits);

        assertThat(admission.hasWaiters()).isFalse();
        assertThat(admission.next()).isEmpty();
    }

    @Test
    void theSlotOfAnUpToDateSessionGoesToTheFirstInTheLine() {
        var admission = new CatchUpAdmission(1);
        var first = ready();
        var second = ready();
        var third = ready();
        assertThat(admission.admit(first)).isTrue();
        assertThat(admission.admit(second)).isFalse();
        assertThat(admission.admit(third)).isFalse();
        assertThat(admission.next()).isEmpty();

        first.state = CursorState.AT_TAIL;
        admission.release(first);

        assertThat(admission.next()).containsExactly(second);
        assertThat(admission.next()).isEmpty();
    }

    /// Each group used to wait in the line separately. A session kept its slot until the slice of
    /// its last group, which came after sessions that waited for that slot, for ever.
    @Test
    void aSessionWaitsInTheLineOnceWithAllItsGroups() {
        var admission = new CatchUpAdmission(1);
        var first = ready();
        assertThat(admission.admit(first)).isTrue();
        var second = ready();
        assertThat(admission.admit(second)).isFalse();
        assertThat(admission.admit(ready())).isFalse();
        var secondOfSecond = ready(second.session, 2);
        assertThat(admission.admit(secondOfSecond)).isFalse();

        first.state = CursorState.AT_TAIL;
        admission.release(first);

        assertThat(admission.next()).containsExactly(second, secondOfSecond);
    }

    @Test
    void aSessionWithAnOldSlotEntersTheLineAgain() {
        var admission = new CatchUpAdmission(1);
        var slow = ready();
        assertThat(admission.admit(slow)).isTrue();
        var waits = ready();
        assertThat(admission.admit(waits)).isFalse();
        for (int round = 1; round < CatchUpAdmission.ROUNDS_MAX; round++) {
            admission.revokeIdle();
            assertThat(admission.admit(slow)).as("round %d", round).isTrue();
        }

        admission.revokeIdle();

        assertThat(admission.next()).containsExactly(waits);
        assertThat(admission.admit(slow)).isFalse();
    }
}
