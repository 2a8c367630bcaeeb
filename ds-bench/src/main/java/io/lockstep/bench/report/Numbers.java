package io.lockstep.bench.report;

import java.util.Locale;

/// Formats numbers for people. Stateless.
public final class Numbers {
    private Numbers() {}

    /// Formats whole numbers without decimals, others with three significant digits.
    public static String show(double value) {
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e15) {
            return String.format(Locale.ROOT, "%,d", (long) value);
        }
        return String.format(
                Locale.ROOT, size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.3g", value);
    }
}
