package io.lockstep.server.config;

import java.util.List;

/// What reading the settings came to.
public sealed interface SettingsResult<T extends Record> {
    /// @param values every key with the value that holds, in the order of the record
    record Valid<T extends Record>(T settings, List<Value> values) implements SettingsResult<T> {
        public Valid {
            values = List.copyOf(values);
        }
    }

    /// @param problems all of them
    record Invalid<T extends Record>(List<SettingsProblem> problems) implements SettingsResult<T> {
        public Invalid {
            problems = List.copyOf(problems);
        }
    }

    /// One key with the value that holds.
    ///
    /// @param text as it was written; a secret is masked
    /// @param where who said so
    record Value(String key, String text, String where) {}
}
