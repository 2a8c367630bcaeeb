package io.lockstep.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Placeholders for the commands of the server and of the load generator, which are separate
/// programs. The script `lockstep` starts the right program. The placeholders make help and
/// spelling hints cover all commands.
final class OtherPrograms {
    private static final String SERVER = "io.lockstep.server.Main";
    private static final String LOAD_GENERATOR = "io.lockstep.bench.Main";

    private OtherPrograms() {}

    @Command(name = "bench", description = "Puts servers under load and measures them.")
    static final class Bench extends OtherProgram {
        Bench() {
            super(LOAD_GENERATOR);
        }
    }

    @Command(name = "dev", description = "Runs a server on loopback with its own Redis.")
    static final class Dev extends OtherProgram {
        Dev() {
            super(SERVER);
        }
    }

    @Command(name = "serve", description = "Runs a server for production, only with TLS and JWT.")
    static final class Serve extends OtherProgram {
        Serve() {
            super(SERVER);
        }
    }

    @Command(name = "config", description = "Checks and prints settings.")
    static final class Config extends OtherProgram {
        Config() {
            super(SERVER);
        }
    }

    abstract static class OtherProgram implements Callable<Integer> {
        private final String mainClass;
        @Spec private CommandSpec spec = CommandSpec.create();

        OtherProgram(String mainClass) {
            this.mainClass = mainClass;
        }

        @Override
        public Integer call() {
            spec.commandLine()
                    .getErr()
                    .println(
                            "lockstep: the script lockstep runs "
                                    + spec.name()
                                    + ", or the main class "
                                    + mainClass);
            return CommandLine.ExitCode.USAGE;
        }
    }
}
