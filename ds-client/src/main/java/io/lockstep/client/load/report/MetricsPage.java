package io.lockstep.client.load.report;

import java.util.HashMap;
import java.util.Map;

/// A page of metrics in Prometheus' text format; values of one name are added up over their labels. What is
/// labelled with an area, heap or not, is there by area too: `name{heap}`.
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
                        var name = line.substring(0, brace > 0 ? brace : space);
                        double value = Double.parseDouble(line.substring(space + 1));
                        values.merge(name, value, Double::sum);
                        if (line.contains("area=\"heap\"")) {
                            values.merge(name + "{heap}", value, Double::sum);
                        }
                    }
                });
        return new MetricsPage(values);
    }

    public double get(String name) {
        return values.getOrDefault(name, 0.0);
    }

    /// CPU time of the process.
    public double cpuSeconds() {
        return get(CPU_NANOS) / 1e9;
    }
}
