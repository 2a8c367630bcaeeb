package io.lockstep.server.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The keys of a settings record, in the order of its components.
final class SettingKeys {
    static final String ENVIRONMENT_PREFIX = "LOCKSTEP_";

    private SettingKeys() {}

    static List<SettingKey> of(Class<? extends Record> settings) {
        var keys = new ArrayList<SettingKey>();
        collect("", settings, keys);
        return List.copyOf(keys);
    }

    private static void collect(String prefix, Class<?> record, List<SettingKey> keys) {
        for (var component : record.getRecordComponents()) {
            var name = prefix + keyPart(component);
            var setting = component.getAnnotation(Setting.class);
            if (setting != null) {
                keys.add(new SettingKey(name, component.getGenericType(), setting));
            } else {
                collect(name + ".", component.getType(), keys);
            }
        }
    }

    /// `behindProxy` becomes `behind-proxy`.
    static String keyPart(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /// `listen.behind-proxy` becomes `LOCKSTEP_LISTEN_BEHIND_PROXY` in the environment.
    static String environmentName(String key) {
        return ENVIRONMENT_PREFIX
                + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
