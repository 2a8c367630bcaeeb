package io.lockstep.bench.report;

import java.util.List;
import java.util.OptionalDouble;

/// Whether what something costs grows in proportion to its size. Stateless.
public final class Linearity {
    /// A cost at a size.
    ///
    /// @param y NaN where it was not measured
    public record Point(double x, double y) {}

    private Linearity() {}

    /// What one more costs between the two largest sizes, as a multiple of what it costs between the two
    /// smallest: 1 is a straight line.
    ///
    /// @param points by size
    /// @return empty where there are fewer than three, or where it does not cost more both times: what is so
    ///     small was not measured
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
