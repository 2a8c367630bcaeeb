package io.lockstep.bench.report;

import io.lockstep.bench.report.ResultCheck.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// The result of a run: its machine and command, rounds, summary and plots.
///
/// @param about machine, versions, options: text by name
/// @param rounds fields of each round; durations in milliseconds
/// @param plots SVG by name
/// @param table lines of text with the most important results; may be empty
public record Report(
        String title,
        Map<String, String> about,
        List<Map<String, Double>> rounds,
        Map<String, String> plots,
        List<String> table,
        List<String> remarks,
        List<ResultCheck> checks) {
    public Summary summary() {
        return Summary.of(rounds);
    }

    public List<Verdict> verdicts() {
        var summary = summary();
        return checks.stream().map(check -> check.of(summary)).toList();
    }

    public String json() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("title", title);
        tree.put("about", about);
        tree.put("summary", summary().fields());
        tree.put("rounds", rounds);
        tree.put(
                "checks",
                verdicts().stream()
                        .map(v -> Map.of("check", v.check().text(), "holds", v.holds()))
                        .toList());
        tree.put("remarks", remarks);
        return JsonMapper.builder()
                        .build()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(tree)
                + "\n";
    }

    public String text() {
        var text = new StringBuilder(title).append("\n\n");
        about.forEach((name, value) -> text.append("%-12s %s%n".formatted(name, value)));
        if (!table.isEmpty()) {
            text.append('\n');
            table.forEach(line -> text.append(line).append('\n'));
        }
        text.append("%n%-32s %14s %14s %14s%n".formatted("field", "median/sum", "least", "most"));
        summary()
                .fields()
                .forEach((name, spread) ->
                        text.append(
                                "%-32s %14s %14s %14s%n"
                                        .formatted(
                                                name,
                                                Numbers.show(spread.value()),
                                                Numbers.show(spread.min()),
                                                Numbers.show(spread.max()))));
        remarks.forEach(remark -> text.append("! ").append(remark).append('\n'));
        verdicts().forEach(verdict -> text.append(verdict).append('\n'));
        return text.toString();
    }

    /// Returns one self-contained page.
    public String html() {
        var html = new StringBuilder();
        html.append(
                """
                <!doctype html><html lang="en"><meta charset="utf-8"><title>%s</title>
                <style>body{font:14px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
                table{border-collapse:collapse}
                td,th{padding:.15em .8em;text-align:right;border-bottom:1px solid #eee}
                td:first-child,th:first-child{text-align:left}
                .no{color:#b00}.yes{color:#070}</style>
                <h1>%s</h1>
                <table>
                """
                        .formatted(Svg.escape(title), Svg.escape(title)));
        about.forEach((name, value) -> row(html, name, value));
        html.append("</table>\n");
        if (!table.isEmpty()) {
            html.append("<pre>").append(Svg.escape(String.join("\n", table))).append("</pre>\n");
        }
        plots.values().forEach(html::append);
        html.append("<h2>Fields</h2><p>Durations in milliseconds; ")
                .append("medians over the rounds, sums of error counters.</p><table>\n")
                .append("<tr><th>field<th>median<th>least<th>most</tr>\n");
        summary()
                .fields()
                .forEach((name, spread) ->
                        row(
                                html,
                                name,
                                Numbers.show(spread.value()),
                                Numbers.show(spread.min()),
                                Numbers.show(spread.max())));
        html.append("</table>\n");
        for (var verdict : verdicts()) {
            html.append("<p class=\"%s\">".formatted(verdict.holds() ? "yes" : "no"))
                    .append(Svg.escape(verdict.toString()))
                    .append("</p>\n");
        }
        remarks.forEach(
                r -> html.append("<p class=\"no\">").append(Svg.escape(r)).append("</p>\n"));
        return html.append("</html>\n").toString();
    }

    private static void row(StringBuilder html, String... cells) {
        html.append("<tr>");
        for (var cell : cells) {
            html.append("<td>").append(Svg.escape(cell));
        }
        html.append("</tr>\n");
    }

    /// Writes `<base>.json`, `<base>.html` and `<base>.txt`.
    public void write(Path base) {
        try {
            if (base.getParent() != null) {
                Files.createDirectories(base.getParent());
            }
            Files.writeString(Path.of(base + ".json"), json());
            Files.writeString(Path.of(base + ".html"), html());
            Files.writeString(Path.of(base + ".txt"), text());
        } catch (IOException e) {
            throw new UncheckedIOException("the report cannot be written to " + base, e);
        }
    }
}
