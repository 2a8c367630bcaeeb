package io.lockstep.server;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lockstep dev`: runs a development server until the process is told to stop.
@Command(
        name = "dev",
        description = {
            "Runs a development server on loopback, with its own Redis.",
            "It accepts the tokens dev:<user>/<device>."
        },
        mixinStandardHelpOptions = true)
final class DevCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private SettingsOptions options = new SettingsOptions();

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            defaultValue = ".lockstep/dev",
            description = "Folder for data (default: ${DEFAULT-VALUE}).")
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
