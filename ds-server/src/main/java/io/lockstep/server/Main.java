package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The root command of the server program.
@Command(
        name = "lockstep",
        description = "A Delivery Service for Messaging Layer Security.",
        mixinStandardHelpOptions = true,
        subcommands = {DevCommand.class, ServeCommand.class, ConfigCommand.class})
public final class Main implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    /// The server could not start, or did not stop in good order.
    static final int FAILED = 1;

    /// The process ran out of memory. `-XX:+ExitOnOutOfMemoryError` uses the same code.
    static final int OUT_OF_MEMORY = 3;

    /// Arguments or settings are invalid.
    static final int INVALID = 2;

    @Spec private CommandSpec spec = CommandSpec.create();

    public static void main(String[] arguments) {
        LogSetup.quiet();
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, error) -> LOG.error("thread {} ended", thread.getName(), error));
        System.exit(run(commandLine(), arguments));
    }

    /// Runs a command and flushes its output: picocli does not flush.
    static int run(CommandLine commandLine, String... arguments) {
        try {
            return commandLine.execute(arguments);
        } finally {
            commandLine.getOut().flush();
            commandLine.getErr().flush();
        }
    }

    static CommandLine commandLine() {
        var commands =
                new CommandLine(new Main())
                        .setExecutionExceptionHandler((error, commandLine, _) -> {
                            if (error instanceof StartupException refused) {
                                printReasons(commandLine.getErr(), refused);
                                return FAILED;
                            }
                            if (LogSetup.format() == ServerSettings.Log.Format.JSON) {
                                LOG.error("cannot start", error);
                                return FAILED;
                            }
                            throw error;
                        });
        setVersion(commands, Main.class.getPackage().getImplementationVersion());
        return commands;
    }

    /// Sets the output of `-V` of each command to the version of the jar. Classes outside a jar
    /// have no version.
    private static void setVersion(CommandLine command, @Nullable String version) {
        command.getCommandSpec().version("lockstep " + (version == null ? "unpackaged" : version));
        command.getSubcommands().values().forEach(each -> setVersion(each, version));
    }

    private static void printReasons(PrintWriter err, StartupException refused) {
        if (LogSetup.format() == ServerSettings.Log.Format.JSON) {
            refused.reasons().forEach(reason -> LOG.error("cannot start: {}", reason));
            return;
        }
        if (refused.reasons().size() == 1) {
            err.println("lockstep: " + refused.reasons().getFirst());
        } else {
            err.println("lockstep: cannot start, for these reasons:");
            refused.reasons().forEach(reason -> err.println("  - " + reason));
        }
        err.flush();
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
