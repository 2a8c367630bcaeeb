package io.lockstep.bench;

import io.lockstep.bench.report.MetricsPage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// Records the largest sum of a gauge over all servers: samples it each second and once more at the
/// end. Thread-safe.
final class GaugeMaximum implements AutoCloseable {
    private final List<ServerUnderTest> servers;
    private final String gauge;
    private final Ticker ticker = new Ticker("gauge");
    private boolean isWatched;
    private OptionalDouble most = OptionalDouble.empty();

    GaugeMaximum(List<ServerUnderTest> servers, String gauge) {
        this.servers = servers;
        this.gauge = gauge;
    }

    void watch() {
        isWatched = true;
        ticker.start(this::look, 1, 1);
    }

    private void look() {
        look(servers.stream().map(ServerUnderTest::metrics).toList());
    }

    /// @param pages pages of one moment, of all servers
    synchronized void look(List<Optional<MetricsPage>> pages) {
        if (pages.isEmpty() || !pages.stream().allMatch(p -> p.isPresent() && p.get().has(gauge))) {
            return;
        }
        double sum = pages.stream().flatMap(Optional::stream).mapToDouble(p -> p.get(gauge)).sum();
        most = OptionalDouble.of(Math.max(most.orElse(sum), sum));
    }

    /// Returns the largest sum; empty if no server could be sampled.
    synchronized OptionalDouble most() {
        return most;
    }

    /// Stops sampling.
    @Override
    public void close() {
        ticker.close();
        if (isWatched) {
            look();
        }
    }
}
