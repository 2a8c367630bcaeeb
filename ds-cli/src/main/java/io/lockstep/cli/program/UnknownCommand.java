package io.lockstep.cli.program;

import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Handles an unknown command: prints one or two lines with the most similar command. All other
/// errors in a command line get picocli's own message.
final class UnknownCommand implements IParameterExceptionHandler {
    /// Largest edit distance of a hint: two letters wrong, missing, added or swapped.
    private static final int DISTANCE_MAX = 2;

    private final IParameterExceptionHandler others;

    UnknownCommand(IParameterExceptionHandler others) {
        this.others = others;
    }

    @Override
    public int handleParseException(ParameterException e, String[] arguments) throws Exception {
        var command = e.getCommandLine();
        if (!(e instanceof UnmatchedArgumentException unmatched)
                || command.getSubcommands().isEmpty()
                || unmatched.getUnmatched().isEmpty()
                || unmatched.getUnmatched().getFirst().startsWith("-")) {
            return others.handleParseException(e, arguments);
        }
        var typed = unmatched.getUnmatched().getFirst();
        var name = command.getCommandSpec().qualifiedName();
        var err = command.getErr();
        err.println(
                name
                        + ": there is no command \""
                        + typed
                        + "\""
                        + nearest(typed, command.getSubcommands().keySet())
                                .map(near -> "; did you mean " + near + "?")
                                .orElse(""));
        err.println(name + " --help lists all commands");
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    static Optional<String> nearest(String typed, Set<String> names) {
        return names.stream()
                .filter(name -> distance(typed, name) <= Math.min(DISTANCE_MAX, name.length() / 2))
                .min(
                        Comparator.comparingInt((String name) -> distance(typed, name))
                                .thenComparing(Comparator.naturalOrder()));
    }

    /// Returns the edit distance: letters to change, add, remove, or swap with the next one
    /// (optimal string alignment).
    private static int distance(String a, String b) {
        var rows = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    rows[i][j] = i + j;
                    continue;
                }
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                rows[i][j] =
                        Math.min(
                                rows[i - 1][j - 1] + same,
                                1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
                if (i > 1
                        && j > 1
                        && a.charAt(i - 1) == b.charAt(j - 2)
                        && a.charAt(i - 2) == b.charAt(j - 1)) {
                    rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
                }
            }
        }
        return rows[a.length()][b.length()];
    }
}
