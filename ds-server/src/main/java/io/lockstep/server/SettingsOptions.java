package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.SettingsInput;
import io.lockstep.server.config.SettingsInput.Flag;
import io.lockstep.server.config.SettingsProblem;
import io.lockstep.server.config.SettingsReader;
import io.lockstep.server.config.SettingsResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options by which each command takes settings: a file, single keys, and short names of common
/// settings.
final class SettingsOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings as YAML; see lockstep config defaults.")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "One setting; repeat for more. Stronger than file and environment.")
    private List<String> set = new ArrayList<>();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "listen.port: WebSocket and HTTP; 0 picks a free one.")
    private @Nullable String port;

    @Option(
            names = "--operations-port",
            paramLabel = "PORT",
            description = "operations.port: metrics and health; 0 picks a free one.")
    private @Nullable String operationsPort;

    @Option(names = "--redis", paramLabel = "URI", description = "redis.uri: where Redis is.")
    private @Nullable String redis;

    /// @param commandDefaults the defaults of this command, which replace general defaults
    SettingsResult<ServerSettings> read(
            Map<String, String> commandDefaults, Map<String, String> environment) {
        var flags = new ArrayList<Flag>();
        var problems = new ArrayList<SettingsProblem>();
        for (var text : set) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                problems.add(new SettingsProblem(text, "is not KEY=VALUE", "flag --set"));
            } else {
                flags.add(new Flag("--set", text.substring(0, equals), text.substring(equals + 1)));
            }
        }
        add(flags, "--port", "listen.port", port);
        add(flags, "--operations-port", "operations.port", operationsPort);
        add(flags, "--redis", "redis.uri", redis);
        var reading =
                SettingsReader.read(
                        ServerSettings.class,
                        new SettingsInput(
                                commandDefaults, Optional.ofNullable(config), environment, flags));
        return problems.isEmpty()
                ? reading
                : new SettingsResult.Invalid<>(joined(problems, reading));
    }

    private static void add(List<Flag> flags, String name, String key, @Nullable String text) {
        if (text != null) {
            flags.add(new Flag(name, key, text));
        }
    }

    private static List<SettingsProblem> joined(
            List<SettingsProblem> problems, SettingsResult<ServerSettings> reading) {
        var all = new ArrayList<>(problems);
        if (reading instanceof SettingsResult.Invalid<ServerSettings>(var more)) {
            all.addAll(more);
        }
        return all;
    }

    /// Returns the settings if they are valid.
    ///
    /// @throws StartupException with every problem
    ServerSettings require(Map<String, String> commandDefaults, Map<String, String> environment) {
        return switch (read(commandDefaults, environment)) {
            case SettingsResult.Valid<ServerSettings>(var settings, _) -> settings;
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    throw new StartupException(
                            problems.stream().map(SettingsProblem::toString).toList(), null);
        };
    }
}
