package io.lockstep.bench.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Combines the fields of several rounds: the sum of error counters, the median of all others, each
/// with least and greatest. A field that only some rounds have is combined over those.
public final class Summary {
    /// The error counters, which are added up over all rounds.
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

    /// @param values at least one value
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

    /// @param name name of a field, or with the prefix `min.` or `max.`
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
