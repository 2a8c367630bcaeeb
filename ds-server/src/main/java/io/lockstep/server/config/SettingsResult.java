package io.lockstep.server.config;

import java.util.List;

/// The result of reading settings.
public sealed interface SettingsResult<T extends Record> {
    /// @param values every key with its value, in the order of the record
    record Valid<T extends Record>(T settings, List<Value> values) implements SettingsResult<T> {
        public Valid {
            values = List.copyOf(values);
        }
    }

    /// @param problems all problems
    record Invalid<T extends Record>(List<SettingsProblem> problems) implements SettingsResult<T> {
        public Invalid {
            problems = List.copyOf(problems);
        }
    }

    /// One key with its value.
    ///
    /// @param text as it was written; a secret is masked
    /// @param where the source of the value
    record Value(String key, String text, String where) {}
}
