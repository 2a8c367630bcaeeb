package io.lockstep.bench.report;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// Whether something grows over a long run: the median of its last quarter against that of its second. The
/// first quarter is warm-up. Stateless.
public final class Growth {
    /// Fewer samples say nothing.
    public static final int SAMPLES_MIN = 8;

    private Growth() {}

    /// @param share of the second quarter's median: 0.02 is 2 % more; none of nothing
    public record Grown(double from, double to, OptionalDouble share) {}

    /// @param samples at even intervals, in order
    /// @return empty where there are too few
    public static Optional<Grown> of(List<Double> samples) {
        int quarter = samples.size() / 4;
        if (samples.size() < SAMPLES_MIN) {
            return Optional.empty();
        }
        double from = Summary.median(samples.subList(quarter, 2 * quarter));
        double to = Summary.median(samples.subList(samples.size() - quarter, samples.size()));
        return Optional.of(
                new Grown(
                        from,
                        to,
                        from > 0 ? OptionalDouble.of(to / from - 1) : OptionalDouble.empty()));
    }
}
