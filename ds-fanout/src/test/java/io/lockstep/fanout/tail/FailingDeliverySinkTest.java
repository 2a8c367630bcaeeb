package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailingDeliverySinkTest {
    @Test
    void aSinkThatFailsEndsOnlyItsOwnSession() {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 20; i++) {
                sinks.add(world.attached());
            }
            sinks.get(5).duringWrite =
                    () -> {
                        throw new IllegalArgumentException("planted");
                    };
            world.append(1);
            world.run();
            world.append(1);
            world.run();
            for (int i = 0; i < 20; i++) {
                assertThat(sinks.get(i).writes).as("%d", i).hasSize(i == 5 ? 1 : 2);
            }
            assertThat(sinks.get(5).events).endsWith("failed");
            sinks.get(5).flush(); // the writes that were not flushed
        }
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("planted"), new OutOfMemoryError("planted"));
    }

    /// A failed allocation used to end the task: the sessions after it in the pass did not receive
    /// the message.
    @ParameterizedTest
    @MethodSource("failures")
    void whatIsThrownInAPassCostsItsOwnSessionOnly(Throwable failure) {
        try (var world = new FanoutHarness()) {
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 5; i++) {
                sinks.add(world.attached());
            }
            sinks.get(2).broken = failure;
            world.append(1);
            world.run();
            assertThat(sinks.get(2).events).containsExactly("live 0", "failed");
            sinks.remove(2);
            assertThat(sinks).allMatch(o -> o.events.equals(List.of("live 0", "m1")));
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aSinkThatFailsDuringCatchUpDoesNotAffectOtherReaders(Throwable failure) {
        try (var world = new FanoutHarness()) {
            world.append(20);
            world.log.slowReads = true;
            var sinks = new ArrayList<FakeDeliverySink>();
            for (int i = 0; i < 3; i++) {
                sinks.add(world.attached());
            }
            world.holdReads();
            sinks.getFirst().broken = failure;
            world.log.slowReads = false;
            world.log.answerNext(0);
            world.run();
            assertThat(sinks.get(0).events).containsExactly("failed");
            assertThat(sinks.get(1).events).endsWith("m20", "live 20");
            assertThat(sinks.get(2).events).endsWith("m20", "live 20");
        }
    }
}
