package io.lockstep.server.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The sources of settings, weakest first: the command's own defaults, the file, the environment,
/// the command line.
///
/// @param commandDefaults key to text; the command's values that replace general defaults
/// @param environment all variables; those named `LOCKSTEP_…` are read
/// @param flags the flags of the command line, in order; a later one wins
public record SettingsInput(
        Map<String, String> commandDefaults,
        Optional<Path> file,
        Map<String, String> environment,
        List<Flag> flags) {
    public SettingsInput {
        commandDefaults = Map.copyOf(commandDefaults);
        environment = Map.copyOf(environment);
        flags = List.copyOf(flags);
    }

    /// @param name as it was typed, such as `--port` or `--set`
    public record Flag(String name, String key, String text) {}

    /// Only defaults.
    public static final SettingsInput NONE =
            new SettingsInput(Map.of(), Optional.empty(), Map.of(), List.of());
}
