package io.lockstep.server.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Collects the values of one [SettingsInput], each with its location. If several sources have a
/// key, the strongest source wins: flags, then the environment, the file, the command's defaults.
/// It also collects problems: keys that do not exist, files that cannot be read.
final class SettingsSources {
    /// Variables of the launcher; the server ignores them.
    private static final Set<String> LAUNCHER_VARIABLES =
            Set.of("LOCKSTEP_JAVA_HOME", "LOCKSTEP_JAVA_OPTIONS");

    private final Map<String, SettingKey> known;
    private final List<SettingsProblem> problems = new ArrayList<>();
    private final Map<String, LocatedText> values = new HashMap<>();

    private SettingsSources(List<SettingKey> keys) {
        known = keys.stream().collect(Collectors.toMap(SettingKey::name, key -> key));
    }

    static SettingsSources collect(SettingsInput input, List<SettingKey> keys) {
        var all = new SettingsSources(keys);
        var defaults = new HashMap<String, LocatedText>();
        input.commandDefaults()
                .forEach((key, text) ->
                        defaults.put(key, new LocatedText(text, "this command's default")));
        all.add(defaults);
        input.file().ifPresent(all::addFile);
        all.addEnvironment(input.environment());
        var flags = new LinkedHashMap<String, LocatedText>();
        for (var flag : input.flags()) {
            flags.put(flag.key(), new LocatedText(flag.text(), "flag " + flag.name()));
        }
        all.add(flags);
        return all;
    }

    List<SettingsProblem> problems() {
        return problems;
    }

    /// @return empty if no source has the key
    Optional<LocatedText> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    private void addFile(java.nio.file.Path file) {
        try {
            add(YamlSettings.read(file));
        } catch (YamlSettings.InvalidYamlException e) {
            problems.add(e.problem());
        } catch (IOException e) {
            problems.add(new SettingsProblem(file.toString(), "cannot be read", e.toString()));
        }
    }

    private void addEnvironment(Map<String, String> environment) {
        var byVariable =
                known.keySet().stream()
                        .collect(Collectors.toMap(SettingKeys::environmentName, key -> key));
        var found = new HashMap<String, LocatedText>();
        environment.forEach((variable, text) -> {
            var key = byVariable.get(variable);
            if (key != null) {
                found.put(key, new LocatedText(text, "environment variable " + variable));
            } else if (variable.startsWith(SettingKeys.ENVIRONMENT_PREFIX)
                    && !LAUNCHER_VARIABLES.contains(variable)) {
                problems.add(
                        new SettingsProblem(
                                variable,
                                Suggestion.noSuchSetting(variable, byVariable.keySet()),
                                "the environment"));
            }
        });
        add(found);
    }

    /// Replaces the values of weaker sources.
    private void add(Map<String, LocatedText> stronger) {
        stronger.forEach((key, placed) -> {
            if (!known.containsKey(key)) {
                problems.add(
                        new SettingsProblem(
                                key,
                                Suggestion.noSuchSetting(key, known.keySet()),
                                placed.where()));
            }
        });
        values.putAll(stronger);
    }

    /// A text and its location.
    record LocatedText(String text, String where) {}
}
