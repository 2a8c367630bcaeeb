package io.lockstep.bench;

import io.lockstep.cli.program.CommandLineProgram;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The main class of the load generator, `lockstep bench`.
@Command(
        name = "lockstep",
        description = "The load generator of Lockstep.",
        subcommands = BenchCommand.class,
        mixinStandardHelpOptions = true)
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        CommandLineProgram.logErrorsOnly();
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return CommandLineProgram.commandLine(new Main());
    }
}
