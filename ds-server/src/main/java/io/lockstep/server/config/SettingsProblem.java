package io.lockstep.server.config;

/// One thing that is wrong with the settings.
///
/// @param key the setting's key, or what stands in its place
/// @param what completes the sentence that begins with the key
/// @param where file and line, environment variable, or flag that said it
public record SettingsProblem(String key, String what, String where) {
    @Override
    public String toString() {
        return key + ": " + what + " (" + where + ")";
    }
}
