package io.lockstep.bench.report;

import java.util.List;
import java.util.OptionalDouble;

/// Tests whether a cost grows in proportion to a size. Stateless.
public final class Linearity {
    /// A cost at a size.
    ///
    /// @param y the cost; NaN if it was not measured
    public record Point(double x, double y) {}

    private Linearity() {}

    /// Returns the marginal cost between the two largest sizes as a multiple of that between the
    /// two smallest: 1 is a straight line.
    ///
    /// @param points costs in ascending order of size
    /// @return empty if there are fewer than three points, or if the cost does not rise in both
    ///     intervals: it is then too small to measure
    public static OptionalDouble of(List<Point> points) {
        int last = points.size() - 1;
        if (last < 2) {
            return OptionalDouble.empty();
        }
        double small = slope(points.get(0), points.get(1));
        double large = slope(points.get(last - 1), points.get(last));
        return small > 0 && large > 0 && Double.isFinite(large / small)
                ? OptionalDouble.of(large / small)
                : OptionalDouble.empty();
    }

    private static double slope(Point from, Point to) {
        return (to.y() - from.y()) / (to.x() - from.x());
    }
}
