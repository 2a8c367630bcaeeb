package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.GroupWriter;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class FanoutLimitsTest {
    @Test
    void aJoinedBufferMustNotFillASocketByItself() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new FanoutLimits(8, 1 << 16, 1 << 20, 4096, 4, 8, 2, 64, 1 << 16, 4, 8191))
                .withMessageContaining("highWaterBytes (8191)");
    }

    @Test
    void theWorstCaseIsRingsReadsAndStuckSessions() {
        var limits = FanoutLimits.DEFAULT;
        long stuck = 128 * 1024 + 64 * 1024;
        assertThat(limits.worstCaseBytes(100))
                .isEqualTo((128L << 20) + 5L * 64 * 64 * 1024 + 100 * stuck);
    }

    @Test
    void theRingsOfAllGroupsStayWithinTheirBudget() {
        var limits = new FanoutLimits(64, 1 << 15, 1 << 16, 4096, 4, 8, 2, 64, 1 << 16, 4, 8192);
        try (var world = new FanoutHarness(limits)) {
            var groups = new ArrayList<GroupWriter>();
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 10; i++) {
                var writer = GroupWriter.create(world.store);
                groups.add(writer);
                var sink = world.sink(i % 2, FrameFormat.PROTO);
                sinks.add(sink);
                world.attachCreator(sink, writer);
            }
            world.run();
            for (int round = 1; round <= 40; round++) {
                for (var writer : groups) {
                    writer.append(writer.application("m" + round));
                }
                world.run();
                assertThat(world.gauge("ring.bytes")).isLessThanOrEqualTo(1 << 16);
            }
            assertThat(sinks).allSatisfy(o -> assertThat(o.events).hasSize(41));
        }
    }
}
