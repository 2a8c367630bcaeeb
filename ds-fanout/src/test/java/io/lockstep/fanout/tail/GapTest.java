package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.log.GroupWriter;
import io.lockstep.wire.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Cursors from which the log cannot continue.
class GapTest {
    private static final Bytes OTHER = Bytes.wrap(new byte[32]);

    // PROTOCOL R-ATTACH-1
    @Test
    void aMatchingCursorContinuesAfterItsPosition() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            var head = world.writer.logPosition().head();
            world.append(20);
            var sink = world.sink();
            world.attach(sink, world.from("creator", 3, head));
            world.run();
            assertThat(sink.events).startsWith("m4").endsWith("m23", "live 23").hasSize(21);
        }
    }

    @Test
    void aMatchingCursorAtTheTailIsLive() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            var sink = world.sink();
            world.attach(sink, world.from("creator", 3, world.writer.logPosition().head()));
            world.run();
            assertThat(sink.events).containsExactly("live 3");
        }
    }

    // PROTOCOL R-ATTACH-9
    @Test
    void aHeadThatDiffersIsAnotherHistory() {
        for (long position : new long[] {0, 3, 14, 20}) {
            try (var world = new FanoutHarness()) {
                world.append(20);
                var sink = world.sink();
                world.attach(sink, world.from("creator", position, OTHER));
                world.run();
                assertThat(sink.events).as("at %d", position).containsExactly("gap other_history");
            }
        }
    }

    // PROTOCOL R-ATTACH-9
    @Test
    void aHeadIsCheckedFromMemoryToo() {
        try (var world = new FanoutHarness()) {
            world.attached();
            world.append(3);
            var head = world.writer.logPosition().head();
            world.append(3);
            world.run();
            int reads = world.log.reads;
            var right = world.sink();
            world.attach(right, world.from("creator", 3, head));
            var wrong = world.sink();
            world.attach(wrong, world.from("creator", 3, OTHER));
            world.run();
            assertThat(right.events).containsExactly("m4", "m5", "m6", "live 6");
            assertThat(wrong.events).containsExactly("gap other_history");
            assertThat(world.log.reads).isEqualTo(reads);
        }
    }

    @Test
    void aCursorOfAnotherIncarnationIsAGap() {
        try (var world = new FanoutHarness()) {
            var sink = world.sink();
            world.attach(
                    sink,
                    new AttachRequest(
                            world.group(),
                            GroupWriter.member("creator"),
                            1,
                            Bytes.wrap(new byte[16]),
                            0,
                            Bytes.EMPTY,
                            0));
            world.run();
            assertThat(sink.events).containsExactly("gap other_incarnation");
        }
    }

    @Test
    void aCursorAheadOfTheLogIsAGapAndRaisesAnAlarm() {
        try (var world = new FanoutHarness()) {
            world.append(3);
            var sink = world.sink();
            world.attach(sink, world.from("creator", 4, Bytes.EMPTY));
            world.run();
            assertThat(sink.events).containsExactly("gap ahead_of_log");
            assertThat(
                            world.metrics
                                    .get("lockstep.fanout.alarms")
                                    .tag("kind", "ahead_of_log")
                                    .counter()
                                    .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void aCursorAheadOfThisNodeOnlyIsAccepted() {
        try (var world = new FanoutHarness()) {
            world.attached();
            world.log.notices = _ -> List.of();
            world.append(3);
            var sink = world.sink();
            world.attach(sink, world.from("creator", 3, world.writer.logPosition().head()));
            world.run();
            assertThat(sink.events).containsExactly("live 3");
        }
    }

    @Test
    void entriesThatAreNoLongerRetainedAreAGap() {
        try (var world = new FanoutHarness()) {
            world.append(30);
            world.trimAllButLast();
            var sink = world.sink();
            world.attach(sink, world.from("creator", 5, Bytes.EMPTY));
            world.run();
            assertThat(sink.events).containsExactly("gap trimmed");
        }
    }

    // PROTOCOL R-ATTACH-2
    @Test
    void aClientWithoutHistoryBeginsAtTheFirstRetainedEntry() {
        try (var world = new FanoutHarness()) {
            world.append(30);
            world.trimAllButLast();
            var sink = world.attached();
            assertThat(sink.events).containsExactly("m30", "live 30");
        }
    }

    // PROTOCOL R-GAP-1 R-GAP-2
    @Test
    void entriesTrimmedBeforeASlowSessionReadThemAreAGap() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            sink.writable = false;
            world.append(30);
            world.run();
            world.trimAllButLast();
            world.writable(sink, true);
            world.run();
            assertThat(sink.events).containsExactly("live 0", "gap trimmed");
            assertThat(world.gauge("sessions.attached")).isZero();
        }
    }

    @Test
    void aClientWithoutHistorySkipsTrimmedEntries() {
        try (var world = new FanoutHarness()) {
            world.append(30);
            var sink = world.sink();
            sink.writable = false;
            world.attach(sink);
            world.run();
            world.trimAllButLast();
            world.writable(sink, true);
            world.run();
            assertThat(sink.events).containsExactly("m30", "live 30");
        }
    }

    @Test
    void entriesTrimmedBeforeTheNodeReadThemAreAGapForLiveSessions() {
        try (var world = new FanoutHarness()) {
            var sink = world.attached();
            world.log.notices = _ -> List.of();
            world.append(30);
            world.trimAllButLast();
            world.log.tell(world.check(world.store));
            world.run();
            assertThat(sink.events).containsExactly("live 0", "gap trimmed");
        }
    }
}
