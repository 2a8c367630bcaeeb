package io.lockstep.ordering.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.SweepOutcome;
import io.lockstep.log.memory.MemoryGroupLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class RetentionSweeperTest {
    private static final SweepOutcome OUTCOME =
            new SweepOutcome(3, 5, 2_000, Duration.ofSeconds(90));

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Integer> asked = new ArrayList<>();
    private Mono<SweepOutcome> answer = Mono.just(OUTCOME);
    private final RetentionSweeper sweeper =
            new RetentionSweeper(
                    new ForwardingLog(new MemoryGroupLog()) {
                        @Override
                        public Mono<SweepOutcome> sweep(int stepsMax) {
                            asked.add(stepsMax);
                            return answer;
                        }
                    },
                    new SweepLimits(7),
                    time,
                    metrics);

    @AfterEach
    void close() {
        sweeper.close();
        time.dispose();
    }

    @Test
    void sweepsOnceASecondAndCounts() {
        time.advanceTimeBy(Duration.ofMillis(2_500));

        assertThat(asked).containsExactly(7, 7);
        assertThat(metrics.counter("lockstep.retention.groups").count()).isEqualTo(6);
        assertThat(metrics.counter("lockstep.retention.entries").count()).isEqualTo(4_000);
        assertThat(metrics.get("lockstep.retention.late").gauge().value()).isEqualTo(90);
    }

    @Test
    void aSweepThatTakesLongIsTheOnlyOne() {
        var slow = Sinks.<SweepOutcome>one();
        answer = slow.asMono();
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(asked).hasSize(1);

        answer = Mono.just(OUTCOME);
        slow.tryEmitValue(OUTCOME);
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(asked).hasSizeBetween(2, 4);
    }

    @Test
    void goesOnAfterAFailure() {
        answer = Mono.error(new LogUnavailableException("sweep", GroupWriter.freshGroup(), null));
        time.advanceTimeBy(Duration.ofSeconds(1));
        answer = Mono.error(new OutOfMemoryError("in a test"));
        time.advanceTimeBy(Duration.ofSeconds(1));
        answer = Mono.just(OUTCOME);
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(metrics.counter("lockstep.retention.failures").count()).isEqualTo(2);
        assertThat(metrics.counter("lockstep.retention.groups").count()).isEqualTo(3);
    }

    @Test
    void aClosedOneSweepsNoMore() {
        sweeper.close();
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(asked).isEmpty();
    }
}
