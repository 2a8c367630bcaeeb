package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class TailCheckScheduleTest {
    private final List<GroupSubscription> groups =
            IntStream.range(0, 25)
                    .mapToObj(_ -> new GroupSubscription(GroupWriter.freshGroup(), Mono.empty()))
                    .toList();

    @Test
    void soManyAtATimeAndEachOnceInARound() {
        var turns = new TailCheckSchedule(10);
        for (int round = 0; round < 3; round++) {
            var compared = new ArrayList<GroupSubscription>();
            for (int tick = 0; tick < 3; tick++) {
                var next = turns.next(groups);
                assertThat(next).hasSizeLessThanOrEqualTo(10);
                compared.addAll(next);
            }
            assertThat(compared).containsExactlyInAnyOrderElementsOf(groups);
        }
    }

    @Test
    void whoWasHeardOfIsPassedOverOnce() {
        var turns = new TailCheckSchedule(100);
        var heard = groups.getFirst();
        var logPosition = new LogPosition(Bytes.ofHex("00".repeat(16)), 1, Bytes.EMPTY);
        heard.heard(
                new LogNotice.EntriesAppended(heard.group(), List.of()),
                new GroupTail(logPosition, 0, 1));

        assertThat(turns.next(groups)).hasSize(24).doesNotContain(heard);
        assertThat(turns.next(groups)).hasSize(25);
    }
}
