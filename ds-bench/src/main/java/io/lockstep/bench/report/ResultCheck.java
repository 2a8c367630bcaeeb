package io.lockstep.bench.report;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A condition on a field of a result, such as `p99<50ms`, `lost==0` or `max.p99 <= 1.5s`.
///
/// Durations without a unit are in milliseconds. Bytes and counts are plain, or with `k`, `M`, `G`
/// (powers of 1,000).
public record ResultCheck(String text, String field, CheckOperator comparison, double limit) {
    private static final Pattern SYNTAX =
            Pattern.compile(
                    "\\s*([A-Za-z][\\w.-]*)\\s*(<=|>=|==|!=|<|>)\\s*([-+.\\dEe]+)\\s*(\\w*)\\s*");
    private static final Map<String, Double> UNITS =
            Map.of(
                    "", 1.0, "us", 1e-3, "ms", 1.0, "s", 1e3, "m", 60e3, "k", 1e3, "M", 1e6, "G",
                    1e9);

    enum CheckOperator {
        LESS("<"),
        AT_MOST("<="),
        MORE(">"),
        AT_LEAST(">="),
        EQUAL("=="),
        OTHER("!=");

        private final String symbol;

        CheckOperator(String symbol) {
            this.symbol = symbol;
        }

        boolean holds(double value, double limit) {
            return switch (this) {
                case LESS -> value < limit;
                case AT_MOST -> value <= limit;
                case MORE -> value > limit;
                case AT_LEAST -> value >= limit;
                case EQUAL -> value == limit;
                case OTHER -> value != limit;
            };
        }

        private static CheckOperator of(String symbol) {
            for (var comparison : values()) {
                if (comparison.symbol.equals(symbol)) {
                    return comparison;
                }
            }
            throw new IllegalArgumentException(symbol);
        }
    }

    /// @param value the field's value; empty if there is no such field, which fails every check
    public record Verdict(ResultCheck check, Optional<Double> value) {
        public boolean holds() {
            return value.isPresent() && check.comparison.holds(value.get(), check.limit);
        }

        @Override
        public String toString() {
            return "%s  %s  (%s)"
                    .formatted(
                            holds() ? "holds" : "FAILS",
                            check.text,
                            value.map(Numbers::show).orElse("no such field"));
        }
    }

    /// @throws IllegalArgumentException with the error in the text
    public static ResultCheck parse(String text) {
        var match = SYNTAX.matcher(text);
        var unit = match.matches() ? UNITS.get(match.group(4)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(
                    "a check is FIELD OPERATOR NUMBER[us|ms|s|m|k|M|G], not " + text);
        }
        try {
            return new ResultCheck(
                    text.strip(),
                    match.group(1),
                    CheckOperator.of(match.group(2)),
                    Double.parseDouble(match.group(3)) * unit);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(match.group(3) + " is no number", e);
        }
    }

    public Verdict of(Summary summary) {
        return new Verdict(this, summary.field(field));
    }
}
