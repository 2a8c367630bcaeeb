package io.lockstep.bench.report;

import io.lockstep.bench.report.GcLog.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Counts and lists the collector pauses of the servers of a run.
///
/// @param ofServers pauses of each server, in order
/// @param startEpochMillis start of the run, from which moments are counted
public record Pauses(List<List<Pause>> ofServers, long startEpochMillis) {
    private static final int IN_A_LINE = 6;

    public void addTo(Map<String, Double> fields) {
        var all = ofServers.stream().flatMap(List::stream).mapToDouble(Pause::millis).toArray();
        double total = 0;
        double longest = 0;
        for (double millis : all) {
            total += millis;
            longest = Math.max(longest, millis);
        }
        fields.put("gc.pauses", (double) all.length);
        fields.put("gc.total", total);
        fields.put("gc.longest", longest);
    }

    /// Returns lines with the moment and length of each pause.
    public List<String> lines() {
        var lines = new ArrayList<String>();
        for (int server = 0; server < ofServers.size(); server++) {
            var pauses = ofServers.get(server);
            lines.add("GC pauses of server %d: %,d".formatted(server + 1, pauses.size()));
            for (int i = 0; i < pauses.size(); i += IN_A_LINE) {
                var line = new StringBuilder(" ");
                for (var pause : pauses.subList(i, Math.min(i + IN_A_LINE, pauses.size()))) {
                    line.append(shown(pause));
                }
                lines.add(line.toString());
            }
        }
        return lines;
    }

    private String shown(Pause pause) {
        var kind = pause.what().contains("Young") ? "" : " " + pause.what();
        return String.format(
                Locale.ROOT,
                " %.1fs:%.2fms%s",
                (pause.epochMillis() - startEpochMillis) / 1e3,
                pause.millis(),
                kind);
    }
}
