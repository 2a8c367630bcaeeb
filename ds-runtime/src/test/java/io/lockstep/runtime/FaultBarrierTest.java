package io.lockstep.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

final class FaultBarrierTest {
    @Test
    void aTaskThatThrowsRunsAgain() {
        var time = VirtualTimeScheduler.create();
        var runs = new AtomicInteger();
        FaultBarrier.every(
                "a test",
                Duration.ofSeconds(1),
                time,
                () -> {
                    runs.incrementAndGet();
                    throw new AssertionError("as a test");
                });
        time.advanceTimeBy(Duration.ofSeconds(3));
        assertThat(runs).hasValue(3);
        time.dispose();
    }

    @Test
    void aStreamContinuesAfterAnItemThatFails() {
        var seen = new ArrayList<Integer>();
        Flux.just(1, 2, 3)
                .concatMap(
                        FaultBarrier.mono(
                                "a test",
                                i -> {
                                    if (i == 2) {
                                        throw new IllegalStateException("as a test");
                                    }
                                    return Mono.just(i);
                                }))
                .concatMap(i ->
                        FaultBarrier.flux(
                                "a test",
                                () -> i == 1 ? Flux.error(new Error("as a test")) : Flux.just(i)))
                .subscribe(seen::add);
        assertThat(seen).containsExactly(3);
    }

    /// Reactor does not pass these down the stream: the stream once stopped after the first.
    @Test
    void aStreamContinuesAfterAnErrorThatReactorTreatsAsFatal() {
        var seen = new ArrayList<Integer>();
        Flux.just(1, 2, 3)
                .concatMap(
                        FaultBarrier.mono(
                                "a test",
                                i -> {
                                    if (i == 1) {
                                        throw new OutOfMemoryError("as a test");
                                    }
                                    return Mono.just(i);
                                }))
                .concatMap(i ->
                        FaultBarrier.flux(
                                "a test",
                                () -> {
                                    if (i == 2) {
                                        throw new NoClassDefFoundError("as a test");
                                    }
                                    return Flux.just(i);
                                }))
                .subscribe(seen::add);
        assertThat(seen).containsExactly(3);
    }

    @Test
    void aConsumerThatThrowsIsCalledAgain() {
        var seen = new AtomicInteger();
        Flux.just(1, 2, 3)
                .subscribe(
                        FaultBarrier.each(
                                "a test",
                                i -> {
                                    seen.incrementAndGet();
                                    throw new IllegalStateException("as a test");
                                }));
        assertThat(seen).hasValue(3);
    }
}
