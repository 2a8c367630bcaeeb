package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.server.health.WatchedExecutor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `/livez` of a server with stuck threads.
class LivenessIT {
    private final DevServer server;
    private final CountDownLatch release = new CountDownLatch(1);

    LivenessIT(@TempDir Path folder) {
        server = DevServer.start(DevServerIT.settings(Map.of()), folder);
    }

    @AfterEach
    void stop() {
        release.countDown();
        server.close();
    }

    private void await() {
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isOneOf(List<String> kinds, WatchedExecutor thread) {
        return kinds.stream().anyMatch(thread.name()::startsWith);
    }

    /// With both event loops asleep for minutes, `/livez` answered 200.
    @Test
    void stuckThreadsAreReportedWithinTenSecondsAndSoIsTheirRecovery() throws Exception {
        var live = server.operationsUrl() + "/livez";
        assertThat(DevServerIT.get(live).statusCode()).isEqualTo(200);
        var kinds =
                List.of("gateway-loop-", "ordering-", "welcomes", "redis-loop-", "redis-timers");
        var stuck = server.threads().stream().filter(thread -> isOneOf(kinds, thread)).toList();
        assertThat(kinds).allMatch(kind -> stuck.stream().anyMatch(t -> t.name().startsWith(kind)));
        stuck.forEach(thread -> thread.executor().execute(this::await));

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> {
                    var answer = DevServerIT.get(live);
                    assertThat(answer.statusCode()).isEqualTo(503);
                    for (var thread : stuck) {
                        assertThat(answer.body())
                                .contains(
                                        "{\"name\":\"" + thread.name() + "\",\"status\":\"down\"");
                    }
                });
        assertThat(DevServerIT.get(server.operationsUrl() + "/metrics").body())
                .contains("lockstep_health{probe=\"live\"} 0.0");

        release.countDown();
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(DevServerIT.get(live).statusCode()).isEqualTo(200));
    }
}
