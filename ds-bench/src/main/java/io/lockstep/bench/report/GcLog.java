package io.lockstep.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Parses the pauses in a log of the JVM's collector, as `-Xlog:gc:file=gc.log:tm` writes it: one
/// line each, with the moment in milliseconds since 1970. Stateless.
public final class GcLog {
    /// The option for servers that a run starts.
    public static final String JVM_OPTION = "-Xlog:gc:file=%s:tm:filecount=0";

    private static final Pattern PAUSE =
            Pattern.compile(
                    "\\[(\\d+)ms]\\S*\\s+GC\\(\\d+\\) (Pause .*?)"
                            + " (\\d+)([KMG])->(\\d+)([KMG])\\(\\d+[KMG]\\)"
                            + " ([\\d.,]+)ms\\s*");

    private GcLog() {}

    /// A stop-the-world pause.
    ///
    /// @param epochMillis end of the pause, in milliseconds since 1970
    /// @param what kind of pause, in the JVM's words
    /// @param afterBytes bytes on the heap at the end of the pause
    public record Pause(long epochMillis, String what, long afterBytes, double millis) {}

    /// Ignores other lines and an incomplete last line.
    public static List<Pause> parse(String text) {
        return text.lines().map(GcLog::pause).flatMap(Optional::stream).toList();
    }

    private static Optional<Pause> pause(String line) {
        var match = PAUSE.matcher(line);
        return match.matches()
                ? Optional.of(
                        new Pause(
                                Long.parseLong(match.group(1)),
                                match.group(2),
                                bytes(match.group(5), match.group(6)),
                                Double.parseDouble(match.group(7).replace(',', '.'))))
                : Optional.empty();
    }

    private static long bytes(String number, String unit) {
        int shift =
                switch (unit.toUpperCase(Locale.ROOT)) {
                    case "K" -> 10;
                    case "M" -> 20;
                    default -> 30;
                };
        return Long.parseLong(number) << shift;
    }
}
