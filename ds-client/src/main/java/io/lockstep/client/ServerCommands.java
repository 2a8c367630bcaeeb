package io.lockstep.client;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The commands of the other program: the script `lockstep` runs the server for them. They stand here so that there is
/// one list of all commands, whichever program is asked for it.
final class ServerCommands {
    private ServerCommands() {}

    @Command(name = "dev", description = "A server on loopback with a Redis of its own.")
    static final class Dev extends Elsewhere {}

    @Command(
            name = "serve",
            description = "A server for real: TLS, JWT, your Redis; refuses to start insecurely.")
    static final class Serve extends Elsewhere {}

    @Command(name = "config", description = "What is set, and what is wrong with it.")
    static final class Config extends Elsewhere {}

    abstract static class Elsewhere implements Callable<Integer> {
        @Spec private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() {
            spec.commandLine()
                    .getErr()
                    .println(
                            "lockstep: "
                                    + spec.name()
                                    + " is run by the script lockstep, or by the server's main class,"
                                    + " io.lockstep.server.Main");
            return CommandLine.ExitCode.USAGE;
        }
    }
}
