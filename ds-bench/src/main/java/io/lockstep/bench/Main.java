package io.lockstep.bench;

import io.lockstep.cli.program.Program;
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
        Program.logErrorsOnly();
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return Program.commandLine(new Main());
    }
}
