package io.lockstep.server;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `lockstep serve`: runs a production server until the process is told to stop.
@Command(
        name = "serve",
        description = {
            "Runs a server for production, only with TLS and JWT.",
            "It uses the Redis that the settings name."
        },
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private SettingsOptions options = new SettingsOptions();

    @Override
    public Integer call() throws InterruptedException {
        var settings = options.require(Map.of(), System.getenv());
        LogSetup.apply(settings.log());
        return ServerRunner.run(
                () -> {
                    var server = ProductionServer.start(settings);
                    SighupHandler.on(server::reload);
                    return server;
                },
                ConsoleOutput.of(settings.log().format(), spec.commandLine().getOut()));
    }
}
