package io.lockstep.bench.report;

import java.util.HashMap;
import java.util.Map;

/// A parsed page of metrics in Prometheus' text format. Values of one name are added up over their
/// labels. Each value is also available with its labels as on the page: `name{area="heap",id="x"}`.
public record MetricsPage(Map<String, Double> values) {
    private static final String CPU_NANOS = "process_cpu_time_ns_total";

    public static MetricsPage parse(String text) {
        var values = new HashMap<String, Double>();
        text.lines()
                .filter(line -> !line.isBlank() && line.charAt(0) != '#')
                .forEach(line -> {
                    int space = line.lastIndexOf(' ');
                    int brace = line.indexOf('{');
                    if (space > 0) {
                        double value = Double.parseDouble(line.substring(space + 1));
                        values.merge(
                                line.substring(0, brace > 0 ? brace : space), value, Double::sum);
                        if (brace > 0) {
                            values.merge(line.substring(0, space), value, Double::sum);
                        }
                    }
                });
        return new MetricsPage(values);
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    public double get(String name) {
        return values.getOrDefault(name, 0.0);
    }

    /// Returns the sum of the values of a name that have a label.
    ///
    /// @param label a label, such as `area="heap"`
    public double sum(String name, String label) {
        return values.entrySet().stream()
                .filter(e -> e.getKey().startsWith(name + "{") && e.getKey().contains(label))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    /// Returns the CPU time of the process.
    public double cpuSeconds() {
        return get(CPU_NANOS) / 1e9;
    }
}
