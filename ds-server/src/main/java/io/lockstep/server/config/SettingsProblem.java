package io.lockstep.server.config;

/// One problem in the settings.
///
/// @param key the setting's key, or a name in place of it
/// @param what completes the sentence that begins with the key
/// @param where the file and line, environment variable, or flag that contains it
public record SettingsProblem(String key, String what, String where) {
    @Override
    public String toString() {
        return key + ": " + what + " (" + where + ")";
    }
}
