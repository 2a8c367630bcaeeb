package io.lockstep.bench;

import io.lockstep.bench.report.LinePlot;
import io.lockstep.bench.report.Linearity;
import io.lockstep.bench.report.Numbers;
import io.lockstep.bench.report.Report;
import io.lockstep.bench.report.ResultCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The command `bench growth`: combines several comparisons with different numbers of receivers
/// into one result. `benchmarks/compare/growth` calls it.
@Command(name = "growth", hidden = true)
final class GrowthCommand implements Callable<Integer> {
    private static final List<String> SHOWN =
            List.of("single.cpuMicros", "single.x", "burst.cpuMicros", "burst.x", "single.last");
    private static final List<String> MEMORY =
            List.of("idleResidentMegabytes", "residentMegabytes", "liveHeapMegabytes");

    /// A comparison with this number of receivers.
    private record Size(int receivers, JsonNode result) {
        /// Returns the median of a field; NaN if it has none.
        double value(String field) {
            var node = result.path("summary").path(field).path("value");
            return node.isNumber() ? node.asDouble() : Double.NaN;
        }
    }

    @Option(names = "--at", paramLabel = "RECEIVERS=FILE", required = true)
    private Map<Integer, Path> files = new TreeMap<>();

    @Option(names = "--check")
    private List<String> check = new ArrayList<>();

    @Option(names = "--out", paramLabel = "BASE", required = true)
    private Path out = Path.of("growth");

    @Override
    public Integer call() throws IOException {
        var checks = check.stream().map(ResultCheck::parse).toList();
        var sizes = new ArrayList<Size>();
        for (var entry : files.entrySet()) {
            sizes.add(
                    new Size(
                            entry.getKey(),
                            JsonMapper.builder()
                                    .build()
                                    .readTree(Files.readString(entry.getValue()))));
        }
        var names =
                sizes.getFirst().result().path("summary").propertyNames().stream()
                        .filter(field -> field.endsWith(".single.cpuMicros"))
                        .map(field -> field.substring(0, field.indexOf('.')))
                        .toList();
        var report =
                new Report(
                        "Fan-out by the number of receivers: "
                                + String.join(
                                        ", ",
                                        sizes.stream()
                                                .map(size -> "%,d".formatted(size.receivers()))
                                                .toList()),
                        about(sizes.getFirst().result()),
                        List.of(fields(sizes, names)),
                        plots(sizes, names),
                        table(sizes, names),
                        List.of(),
                        checks);
        new ConsoleReporter(System.out).say(report.text());
        report.write(out);
        Files.writeString(Path.of(out + ".svg"), String.join("\n", report.plots().values()));
        return report.verdicts().stream().allMatch(v -> v.holds()) ? 0 : 1;
    }

    private static Map<String, String> about(JsonNode first) {
        var about = new LinkedHashMap<String, String>();
        first.path("about")
                .propertyStream()
                .forEach(e -> about.put(e.getKey(), e.getValue().asString()));
        about.put("command", "benchmarks/compare/growth");
        return about;
    }

    private static Map<String, Double> fields(List<Size> sizes, List<String> names) {
        var fields = new LinkedHashMap<String, Double>();
        for (var size : sizes) {
            size.result()
                    .path("summary")
                    .propertyNames()
                    .forEach(name -> {
                        double value = size.value(name);
                        if (Double.isFinite(value)) {
                            fields.put("at" + size.receivers() + "." + name, value);
                        }
                    });
        }
        for (var name : names) {
            for (var field : List.of(".single.x", ".burst.x")) {
                double last = sizes.getLast().value(name + field);
                double first = sizes.getFirst().value(name + field);
                if (last > 0 && first > 0) {
                    fields.put(name + field + ".growth", last / first);
                }
            }
            for (var field : MEMORY) {
                var of = name + "." + field;
                Linearity.of(
                                sizes.stream()
                                        .map(s -> new Linearity.Point(s.receivers(), s.value(of)))
                                        .toList())
                        .ifPresent(value -> fields.put(of + ".linearity", value));
            }
        }
        return fields;
    }

    private static List<String> table(List<Size> sizes, List<String> names) {
        var lines = new ArrayList<String>();
        var form = "%-10s %-16s %9s %7s %9s %7s %9s %10s %10s %9s";
        lines.add(
                form.formatted(
                        "receivers",
                        "",
                        "one: us",
                        "x C",
                        "burst: us",
                        "x C",
                        "last ms",
                        "idle MB",
                        "loaded MB",
                        "heap MB"));
        for (var size : sizes) {
            for (var name : names) {
                var cells = new ArrayList<Object>();
                cells.add("%,d".formatted(size.receivers()));
                cells.add(name);
                SHOWN.forEach(field -> cells.add(shown(size.value(name + "." + field))));
                MEMORY.forEach(field -> cells.add(shown(size.value(name + "." + field))));
                lines.add(form.formatted(cells.toArray()));
            }
        }
        return lines;
    }

    private static String shown(double value) {
        return Double.isNaN(value) ? "-" : Numbers.show(value);
    }

    private static Map<String, String> plots(List<Size> sizes, List<String> names) {
        var plots = new LinkedHashMap<String, String>();
        plots.put(
                "single",
                plot(
                        sizes,
                        names,
                        "single.cpuMicros",
                        "Server CPU per delivery, one message",
                        "us"));
        plots.put(
                "burst",
                plot(sizes, names, "burst.cpuMicros", "Server CPU per delivery, a burst", "us"));
        plots.put(
                "resident",
                plot(
                        sizes,
                        names,
                        "residentMegabytes",
                        "Resident memory of the server",
                        "megabytes"));
        plots.put(
                "heap",
                plot(sizes, names, "liveHeapMegabytes", "Live heap, idle receivers", "megabytes"));
        return plots;
    }

    private static String plot(
            List<Size> sizes, List<String> names, String field, String title, String unit) {
        var plot = new LinePlot(title, "receivers", unit, false);
        for (var name : names) {
            var x = new ArrayList<Double>();
            var y = new ArrayList<Double>();
            for (var size : sizes) {
                double value = size.value(name + "." + field);
                if (Double.isFinite(value)) {
                    x.add((double) size.receivers());
                    y.add(value);
                }
            }
            plot.add(new LinePlot.Line(name, x, y));
        }
        return plot.svg();
    }
}
