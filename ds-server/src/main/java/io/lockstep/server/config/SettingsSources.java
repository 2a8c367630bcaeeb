package io.lockstep.server.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.MapBackedConfigValueConfigSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The sources of one [SettingsInput], each value with the place where it stands, and the problems met while
/// collecting them: keys that do not exist, files that cannot be read.
final class SettingsSources {
    private static final int COMMAND_DEFAULTS = 50;
    private static final int FILE = 200;
    private static final int ENVIRONMENT = 300;
    private static final int FLAGS = 400;

    /// Read by the launcher, not by the server.
    private static final Set<String> LAUNCHER_VARIABLES =
            Set.of("LOCKSTEP_JAVA_HOME", "LOCKSTEP_JAVA_OPTIONS");

    private final Map<String, SettingKey> known;
    private final List<Problem> problems = new ArrayList<>();
    private final List<PlacedSource> sources = new ArrayList<>();

    private SettingsSources(List<SettingKey> keys) {
        known = keys.stream().collect(Collectors.toMap(SettingKey::name, key -> key));
    }

    static SettingsSources collect(SettingsInput input, List<SettingKey> keys) {
        var all = new SettingsSources(keys);
        var defaults = new HashMap<String, Placed>();
        input.commandDefaults()
                .forEach((key, text) ->
                        defaults.put(key, new Placed(text, "this command's default")));
        all.add(COMMAND_DEFAULTS, defaults);
        input.file().ifPresent(all::addFile);
        all.addEnvironment(input.environment());
        var flags = new LinkedHashMap<String, Placed>();
        for (var flag : input.flags()) {
            flags.put(flag.key(), new Placed(flag.text(), "flag " + flag.name()));
        }
        all.add(FLAGS, flags);
        return all;
    }

    List<Problem> problems() {
        return problems;
    }

    PlacedSource[] sources() {
        return sources.toArray(PlacedSource[]::new);
    }

    private void addFile(java.nio.file.Path file) {
        try {
            add(FILE, YamlSettings.read(file));
        } catch (YamlSettings.InvalidYamlException e) {
            problems.add(e.problem());
        } catch (IOException e) {
            problems.add(new Problem(file.toString(), "cannot be read", e.toString()));
        }
    }

    private void addEnvironment(Map<String, String> environment) {
        var byVariable =
                known.keySet().stream()
                        .collect(Collectors.toMap(SettingKeys::environmentName, key -> key));
        var values = new HashMap<String, Placed>();
        environment.forEach((variable, text) -> {
            var key = byVariable.get(variable);
            if (key != null) {
                values.put(key, new Placed(text, "environment variable " + variable));
            } else if (variable.startsWith(SettingKeys.ENVIRONMENT_PREFIX)
                    && !LAUNCHER_VARIABLES.contains(variable)) {
                problems.add(
                        new Problem(
                                variable,
                                Suggestion.noSuchSetting(variable, byVariable.keySet()),
                                "the environment"));
            }
        });
        add(ENVIRONMENT, values);
    }

    private void add(int ordinal, Map<String, Placed> values) {
        values.forEach((key, placed) -> {
            if (!known.containsKey(key)) {
                problems.add(
                        new Problem(
                                key,
                                Suggestion.noSuchSetting(key, known.keySet()),
                                placed.where()));
            }
        });
        sources.add(new PlacedSource(ordinal, values));
    }

    /// A text and where it stands.
    record Placed(String text, String where) {}

    /// Values of one kind of source.
    static final class PlacedSource extends MapBackedConfigValueConfigSource {
        private static final long serialVersionUID = 1L;

        PlacedSource(int ordinal, Map<String, Placed> values) {
            super("settings", toConfigValues(ordinal, values), ordinal);
        }

        private static Map<String, ConfigValue> toConfigValues(
                int ordinal, Map<String, Placed> values) {
            var converted = new HashMap<String, ConfigValue>();
            values.forEach((key, placed) ->
                    converted.put(
                            key,
                            ConfigValue.builder()
                                    .withName(key)
                                    .withValue(placed.text())
                                    .withRawValue(placed.text())
                                    .withConfigSourceName(placed.where())
                                    .withConfigSourceOrdinal(ordinal)
                                    .build()));
            return converted;
        }
    }
}
