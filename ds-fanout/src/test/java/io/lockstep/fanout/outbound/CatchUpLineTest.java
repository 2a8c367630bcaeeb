package io.lockstep.fanout.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.outbound.Cursor.State;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import org.junit.jupiter.api.Test;

class CatchUpLineTest {
    private static Cursor ready() {
        var session = CursorArrayTest.session();
        var cursor = CursorArrayTest.cursor(session, new GroupId(Bytes.wrap(new byte[] {1})));
        session.put(cursor);
        cursor.state = State.READY;
        return cursor;
    }

    /// It used to stand there until its turn came: who asked again and again filled the line with what was gone.
    @Test
    void whoGoesLeavesTheLineAtOnce() {
        var places = new CatchUpPlaces(1);
        assertThat(places.isTurnOf(ready())).isTrue();
        var waits = ready();
        assertThat(places.isTurnOf(waits)).isFalse();
        assertThat(places.someoneWaits()).isTrue();

        waits.state = State.GONE;
        places.left(waits);

        assertThat(places.someoneWaits()).isFalse();
        assertThat(places.next()).isNull();
    }

    @Test
    void thePlaceOfWhoIsUpToDateIsForTheFirstInTheLine() {
        var places = new CatchUpPlaces(1);
        var first = ready();
        var second = ready();
        var third = ready();
        assertThat(places.isTurnOf(first)).isTrue();
        assertThat(places.isTurnOf(second)).isFalse();
        assertThat(places.isTurnOf(third)).isFalse();
        assertThat(places.next()).isNull();

        first.state = State.AT_TAIL;
        places.left(first);

        assertThat(places.next()).isSameAs(second);
        assertThat(places.next()).isNull();
    }
}
