package io.lockstep.server.health;

import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;

/// The results of several checks at one time.
///
/// @param lines in the order of the checks
public record HealthReport(List<CheckLine> lines) {
    public HealthReport {
        lines = List.copyOf(lines);
    }

    /// One check and its result.
    public record CheckLine(String name, HealthCheck.Status status) {}

    /// A check that throws counts as down.
    public static HealthReport of(List<? extends HealthCheck> checks) {
        return new HealthReport(
                checks.stream().map(check -> new CheckLine(check.name(), found(check))).toList());
    }

    private static HealthCheck.Status found(HealthCheck check) {
        try {
            return check.status();
        } catch (RuntimeException e) {
            return HealthCheck.down("the check failed: " + e.getClass().getSimpleName());
        }
    }

    /// Whether every check is up.
    public boolean isUp() {
        return lines.stream().allMatch(line -> line.status() instanceof HealthCheck.Up);
    }

    /// `{"status":"up","checks":[{"name":"…","status":"down","reason":"…"}]}` and a line feed.
    public String json() {
        var nodes = JsonNodeFactory.instance;
        var root = nodes.objectNode();
        root.put("status", isUp() ? "up" : "down");
        var checks = root.putArray("checks");
        for (var line : lines) {
            var check = checks.addObject().put("name", line.name());
            switch (line.status()) {
                case HealthCheck.Up(var note) -> {
                    check.put("status", "up");
                    if (!note.isEmpty()) {
                        check.put("reason", note);
                    }
                }
                case HealthCheck.Down(var reason) ->
                        check.put("status", "down").put("reason", reason);
            }
        }
        return root + "\n";
    }
}
