package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.SettingsPrinter;
import io.lockstep.server.config.SettingsProblem;
import io.lockstep.server.config.SettingsResult;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `lockstep config`: checks and prints settings without starting a server.
@Command(
        name = "config",
        description = "Checks and prints settings.",
        mixinStandardHelpOptions = true)
final class ConfigCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    @Command(
            name = "check",
            description = "Prints each reason for which serve would not start, except the store's.",
            mixinStandardHelpOptions = true)
    int check(@Mixin SettingsOptions options) {
        return switch (options.read(Map.of(), System.getenv())) {
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    refused(problems.stream().map(SettingsProblem::toString).toList());
            case SettingsResult.Valid<ServerSettings>(var settings, _) -> {
                var reasons = StartupChecks.check(settings, Clock.systemUTC()).reasons();
                if (!reasons.isEmpty()) {
                    yield refused(reasons);
                }
                spec.commandLine().getOut().println("the settings are good");
                yield 0;
            }
        };
    }

    @Command(
            name = "show",
            description = "Prints each key with its value and its source, secrets masked.",
            mixinStandardHelpOptions = true)
    int show(@Mixin SettingsOptions options) {
        return switch (options.read(Map.of(), System.getenv())) {
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    refused(problems.stream().map(SettingsProblem::toString).toList());
            case SettingsResult.Valid<ServerSettings>(_, var values) -> {
                spec.commandLine().getOut().print(SettingsPrinter.values(values));
                yield 0;
            }
        };
    }

    @Command(
            name = "defaults",
            description = "Prints each key with its default and its purpose, as YAML.",
            mixinStandardHelpOptions = true)
    int defaults() {
        spec.commandLine().getOut().print(SettingsPrinter.defaults(ServerSettings.class));
        return 0;
    }

    private int refused(List<String> reasons) {
        var err = spec.commandLine().getErr();
        reasons.forEach(err::println);
        err.flush();
        return Main.INVALID;
    }
}
