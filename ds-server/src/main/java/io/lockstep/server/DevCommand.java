package io.lockstep.server;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lockstep dev`: a server for development, until it is told to stop.
@Command(
        name = "dev",
        description =
                "A server for development on loopback: starts its own Redis, believes tokens"
                        + " dev:<user>/<device>.",
        mixinStandardHelpOptions = true)
final class DevCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private SettingsOptions options = new SettingsOptions();

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            defaultValue = ".lockstep/dev",
            description = "Where data is kept (default: ${DEFAULT-VALUE}).")
    private Path data = Path.of(".lockstep", "dev");

    @Override
    public Integer call() throws InterruptedException {
        Map<String, String> environment = System.getenv();
        var settings = options.require(DevServer.DEFAULTS, environment);
        LogSetup.apply(settings.log());
        return ServerRunner.run(
                () -> DevServer.start(settings, data),
                ConsoleOutput.of(settings.log().format(), spec.commandLine().getOut()));
    }
}
