package io.lockstep.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchdogTest {
    private final AtomicLong nanos = new AtomicLong();
    private final Queue<Runnable> stuck = new ArrayDeque<>();
    private final AtomicInteger otherRuns = new AtomicInteger();
    private final Watchdog watchdog =
            new Watchdog(
                    List.of(
                            new WatchedExecutor("stuck", stuck::add),
                            new WatchedExecutor("healthy", Runnable::run),
                            new WatchedExecutor(
                                    "ended",
                                    _ -> {
                                        throw new RejectedExecutionException("ended");
                                    })),
                    List.of(
                            () -> {
                                throw new OutOfMemoryError("of the test");
                            },
                            otherRuns::incrementAndGet),
                    nanos::get);

    @AfterEach
    void stop() {
        watchdog.close();
    }

    private void tick(int times) {
        for (int i = 0; i < times; i++) {
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
            watchdog.tick();
        }
    }

    private boolean isUp(String name) {
        return watchdog.checks().stream()
                .filter(check -> check.name().equals(name))
                .allMatch(check -> check.status() instanceof HealthCheck.Up);
    }

    @Test
    void onlyAThreadThatLeavesATaskUndoneIsReportedAsStuckWithinTenSeconds() {
        tick(Watchdog.STUCK_TICKS);
        assertThat(isUp("stuck")).isTrue();
        tick(1);
        assertThat(isUp("stuck")).isFalse();
        assertThat(isUp("healthy")).isTrue();
        assertThat(stuck).as("tasks in the stuck thread").hasSize(1);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(nanos.get())).isLessThan(10);
        assertThat(HealthReport.of(watchdog.checks()).json())
                .startsWith("{\"status\":\"down\"")
                .contains("{\"name\":\"stuck\",\"status\":\"down\",\"reason\":\"stuck: a task has");

        stuck.remove().run();
        assertThat(isUp("stuck")).isTrue();
    }

    @Test
    void anEndedExecutorIsStuckAndAnExceptionDoesNotStopTheWatchdog() {
        tick(Watchdog.STUCK_TICKS + 1);
        assertThat(isUp("ended")).isFalse();
        assertThat(otherRuns).hasValue(Watchdog.STUCK_TICKS + 1);
    }

    @Test
    void aSuspendedProcessHasNoStuckThreads() {
        tick(1);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(60));
        assertThat(isUp("watchdog")).isFalse();
        tick(1);
        for (int missed = 0; missed < 60; missed++) {
            watchdog.tick();
        }
        assertThat(isUp("watchdog")).isTrue();
        assertThat(isUp("stuck")).isTrue();
    }

    @Test
    void aCheckThatThrowsIsDown() {
        var failing =
                HealthCheck.of(
                        "failing",
                        () -> {
                            throw new IllegalStateException("secret");
                        });
        assertThat(HealthReport.of(List.of(failing)).json())
                .contains("the check failed: IllegalStateException")
                .doesNotContain("secret");
    }
}
