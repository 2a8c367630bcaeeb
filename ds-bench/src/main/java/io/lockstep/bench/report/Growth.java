package io.lockstep.bench.report;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// Detects growth over a long run: compares the median of its last quarter with that of its second
/// quarter. The first quarter is warm-up. Stateless.
public final class Growth {
    /// Fewer samples give no result.
    public static final int SAMPLES_MIN = 8;

    private Growth() {}

    /// @param share growth as a share of the second quarter's median: 0.02 is 2 % more; empty if
    ///     that is zero
    public record Grown(double from, double to, OptionalDouble share) {}

    /// @param samples values at even intervals, in order
    /// @return empty if there are too few samples
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
