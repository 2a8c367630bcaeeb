package io.lockstep.cli;

import io.lockstep.cli.demo.DemoCommand;
import io.lockstep.cli.program.CommandLineProgram;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The main class of the command line: the commands of a device, those of an operator, `decode`
/// and `demo`.
@Command(
        name = "lockstep",
        description = "Programs around a Lockstep server.",
        subcommands = {
            DemoCommand.class,
            KeysCommand.class,
            GroupCommand.class,
            GroupsCommand.class,
            SendCommand.class,
            TailCommand.class,
            ChatCommand.class,
            DecodeCommand.class,
            OtherPrograms.Bench.class,
            OtherPrograms.Dev.class,
            OtherPrograms.Serve.class,
            OtherPrograms.Config.class
        },
        mixinStandardHelpOptions = true)
public final class Main {
    private static final int FAILED = 1;

    private Main() {}

    public static void main(String[] args) {
        CommandLineProgram.logErrorsOnly();
        System.exit(commandLine().execute(args));
    }

    /// Returns the commands, which any process may run. The caller sets their output streams.
    public static CommandLine commandLine() {
        var commands = CommandLineProgram.commandLine(new Main());
        commands.setExecutionExceptionHandler((e, command, _) -> {
            if (e instanceof CommandFailure) {
                command.getErr().println("lockstep: " + e.getMessage());
                command.getErr().flush();
                return FAILED;
            }
            throw e;
        });
        return commands;
    }
}
