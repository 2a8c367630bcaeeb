package io.lockstep.client.load;

import io.lockstep.client.load.report.MetricsPage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The most that a gauge of all servers together showed while it was watched: looked at each second, and once more
/// at the end. Thread-safe.
final class GaugeMost implements AutoCloseable {
    private static final int STOP_SECONDS = 10;

    private final List<Server> servers;
    private final String gauge;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("gauge").factory());
    private boolean isWatched;
    private OptionalDouble most = OptionalDouble.empty();

    GaugeMost(List<Server> servers, String gauge) {
        this.servers = servers;
        this.gauge = gauge;
    }

    void watch() {
        isWatched = true;
        var _ = timer.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
    }

    private void look() {
        look(servers.stream().map(Server::metrics).toList());
    }

    /// @param pages of one moment, of all servers
    synchronized void look(List<Optional<MetricsPage>> pages) {
        if (pages.isEmpty() || !pages.stream().allMatch(p -> p.isPresent() && p.get().has(gauge))) {
            return;
        }
        double sum = pages.stream().flatMap(Optional::stream).mapToDouble(p -> p.get(gauge)).sum();
        most = OptionalDouble.of(Math.max(most.orElse(sum), sum));
    }

    /// Empty where no server could be asked.
    synchronized OptionalDouble most() {
        return most;
    }

    /// Ends the watch.
    @Override
    public void close() {
        timer.shutdown();
        try {
            if (!timer.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                timer.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (isWatched) {
            look();
        }
    }
}
