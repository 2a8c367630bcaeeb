package io.lockstep.bench.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The fields of several rounds in one: of what must not be, the sum; of all else the median, beside least
/// and greatest. A field of few rounds only is summed up over those.
public final class Summary {
    /// What must not be, and is therefore counted over all rounds.
    private static final Set<String> FAULTS =
            Set.of("lost", "duplicated", "reordered", "otherBytes", "faults", "refused");

    /// @param value sum or median
    public record Spread(double value, double min, double max) {}

    private final Map<String, Spread> fields = new LinkedHashMap<>();

    private Summary() {}

    public static Summary of(List<Map<String, Double>> rounds) {
        var values = new LinkedHashMap<String, List<Double>>();
        for (var round : rounds) {
            round.forEach((name, v) -> values.computeIfAbsent(name, _ -> new ArrayList<>()).add(v));
        }
        var summary = new Summary();
        values.forEach((name, all) -> summary.fields.put(name, spread(name, all)));
        return summary;
    }

    private static Spread spread(String name, List<Double> values) {
        double sum = values.stream().mapToDouble(v -> v).sum();
        return new Spread(
                isFault(name) ? sum : median(values),
                Collections.min(values),
                Collections.max(values));
    }

    private static boolean isFault(String name) {
        return FAULTS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    /// @param values one or more
    public static double median(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    public Map<String, Spread> fields() {
        return Collections.unmodifiableMap(fields);
    }

    /// @param name of a field, or `min.` or `max.` before it
    public Optional<Double> field(String name) {
        if (fields.containsKey(name)) {
            return Optional.ofNullable(fields.get(name)).map(Spread::value);
        }
        if (name.startsWith("min.")) {
            return Optional.ofNullable(fields.get(name.substring(4))).map(Spread::min);
        }
        if (name.startsWith("max.")) {
            return Optional.ofNullable(fields.get(name.substring(4))).map(Spread::max);
        }
        return Optional.empty();
    }
}
