package io.lockstep.cli.program;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/// Sets up a program's command line: each command prints the version of its jar, and an unknown
/// command gets a hint.
public final class CommandLineProgram {
    private CommandLineProgram() {}

    /// @param main an object of the program's main class, which has picocli annotations
    public static CommandLine commandLine(Object main) {
        var commands = new CommandLine(main);
        commands.setParameterExceptionHandler(
                new UnknownCommand(commands.getParameterExceptionHandler()));
        setVersion(commands, main.getClass().getPackage().getImplementationVersion());
        return commands;
    }

    /// Limits the log to errors, because a program prints its results itself.
    public static void logErrorsOnly() {
        if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.ERROR);
        }
    }

    private static void setVersion(CommandLine command, @Nullable String version) {
        command.getCommandSpec().version("lockstep " + (version == null ? "unpackaged" : version));
        command.getSubcommands().values().forEach(each -> setVersion(each, version));
    }
}
