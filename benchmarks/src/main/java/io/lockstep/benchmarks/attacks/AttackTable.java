package io.lockstep.benchmarks.attacks;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// Formats the results of attack runs as a text table, or compares two sets of results line by
/// line.
final class AttackTable {
    private static final String LINE = "%-22s %9s %9s %8s %9s %9s %8s %7s %7s %7s %8s %8s %7s%n";

    private AttackTable() {}

    static String of(List<JsonNode> results) {
        var table = new StringBuilder(head());
        results.forEach(result -> table.append(line(result.path("attack").asString(""), result)));
        return table.toString();
    }

    static String compare(List<JsonNode> before, List<JsonNode> after) {
        var table = new StringBuilder(head());
        for (var result : before) {
            table.append(line(result.path("attack").asString(""), result));
            after.stream()
                    .filter(other -> other.path("attack").equals(result.path("attack")))
                    .forEach(other -> table.append(line("  then", other)));
        }
        return table.toString();
    }

    private static String head() {
        return LINE.formatted(
                        "",
                        "honest",
                        "during",
                        "failed",
                        "newcomer",
                        "during",
                        "failed",
                        "livez",
                        "readyz",
                        "heap",
                        "direct",
                        "redis",
                        "normal")
                + LINE.formatted(
                        "", "p99 ms", "p99 ms", "", "p99 ms", "p99 ms", "", "failed", "failed",
                        "MiB", "MiB", "s", "after s");
    }

    private static String line(String name, JsonNode result) {
        if (result.has("fault")) {
            return "%-22s %s%n".formatted(name, result.path("fault").asString(""));
        }
        var before = result.path("before");
        var during = result.path("during");
        double normal = result.path("secondsToNormal").asDouble(-1);
        return LINE.formatted(
                name,
                p99(before.path("honest")),
                p99(during.path("honest")),
                failed(during.path("honest")),
                p99(before.path("newcomers")),
                p99(during.path("newcomers")),
                failed(during.path("newcomers")),
                failed(during.path("livez")),
                failed(during.path("readyz")),
                result.path("memory").path("heapMaxMiB").asLong(),
                result.path("memory").path("directMaxMiB").asLong(),
                "%.1f".formatted(result.path("redis").path("commandSeconds").asDouble(0)),
                normal < 0 ? "never" : Double.toString(normal));
    }

    private static String p99(JsonNode probe) {
        return probe.path("count").asLong() == 0
                ? "-"
                : "%.1f".formatted(probe.path("p99Millis").asDouble());
    }

    private static String failed(JsonNode probe) {
        long failed = probe.path("failed").asLong();
        return failed + "/" + (failed + probe.path("count").asLong());
    }
}
