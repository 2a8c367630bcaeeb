package io.lockstep.benchmarks.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Searches the server's log for exceptions.
///
/// Threads: confined to the run's thread.
final class ServerLog {
    private static final Pattern EVENT = Pattern.compile("^\\d\\d:\\d\\d:\\d\\d\\.\\d+ \\w+ .*");
    private static final Pattern THROWN =
            Pattern.compile("^\\tat .*|^Exception in thread .*|^\\[\\d.*ERROR.*");

    /// The server logs which of its threads is slow, and where. On a busy machine this is not a
    /// finding.
    private static final String SLOW = " Watched - ";

    private static final int CUT = 600;

    private ServerLog() {}

    /// Each event with a stack trace, and each of level ERROR: its line, the exception, and where
    /// it was thrown.
    static List<String> exceptions(String log) {
        var found = new ArrayList<String>();
        var event = "";
        boolean taken = false;
        for (var line : (Iterable<String>) log.lines()::iterator) {
            if (EVENT.matcher(line).matches()) {
                event = line;
                boolean slow = line.contains(SLOW);
                boolean error = line.contains(" ERROR ");
                if (error && !slow) {
                    found.add(line);
                }
                taken = error || slow;
            } else if (THROWN.matcher(line).matches() && !taken) {
                found.add(event + " " + line.strip());
                taken = true;
            } else if (!taken) {
                event += " | " + line;
            }
        }
        return found.stream().map(e -> e.length() < CUT ? e : e.substring(0, CUT)).toList();
    }

    /// The number of lines of level WARN.
    static long warnings(String log) {
        return log.lines().filter(line -> line.contains(" WARN ")).count();
    }
}
