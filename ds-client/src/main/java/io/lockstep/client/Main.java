package io.lockstep.client;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.lockstep.client.command.CommandFailure;
import io.lockstep.client.command.GroupCommand;
import io.lockstep.client.command.KeysCommand;
import io.lockstep.client.command.SendCommand;
import io.lockstep.client.command.TailCommand;
import io.lockstep.client.demo.DemoCommand;
import io.lockstep.client.load.BenchCommand;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The client's programs.
@Command(
        name = "lockstep",
        description = "Programs around a Lockstep server.",
        subcommands = {
            DemoCommand.class,
            KeysCommand.class,
            GroupCommand.class,
            SendCommand.class,
            TailCommand.class,
            TailCommand.Chat.class,
            DecodeCommand.class,
            BenchCommand.class,
            ServerCommands.Dev.class,
            ServerCommands.Serve.class,
            ServerCommands.Config.class
        },
        mixinStandardHelpOptions = true)
public final class Main {
    private static final int FAILED = 1;

    private Main() {}

    public static void main(String[] args) {
        quiet();
        System.exit(commandLine().execute(args));
    }

    /// The commands, for whoever runs them in a process of their own choice; they print where it says.
    public static CommandLine commandLine() {
        var commands = new CommandLine(new Main());
        commands.setExecutionExceptionHandler((e, command, _) -> {
            if (e instanceof CommandFailure) {
                command.getErr().println("lockstep: " + e.getMessage());
                command.getErr().flush();
                return FAILED;
            }
            throw e;
        });
        commands.setParameterExceptionHandler(
                new UnknownCommand(commands.getParameterExceptionHandler()));
        tellRelease(commands, Main.class.getPackage().getImplementationVersion());
        return commands;
    }

    /// `-V` of each command tells the release of the jar; classes that are in none have no version.
    private static void tellRelease(CommandLine command, @Nullable String version) {
        command.getCommandSpec().version("lockstep " + (version == null ? "unpackaged" : version));
        command.getSubcommands().values().forEach(each -> tellRelease(each, version));
    }

    /// What a program has to say it prints; the log is for what goes wrong beneath.
    private static void quiet() {
        if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.ERROR);
        }
    }
}
