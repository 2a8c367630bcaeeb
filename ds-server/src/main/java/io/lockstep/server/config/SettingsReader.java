package io.lockstep.server.config;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Reads a settings record from all its sources and reports all problems at once.
public final class SettingsReader<T extends Record> {
    static final String MASK = "********";

    private final Class<T> type;
    private final List<SettingKey> keys;
    private final List<SettingsProblem> problems = new ArrayList<>();
    private final List<SettingsResult.Value> values = new ArrayList<>();
    private final SettingsSources sources;

    private SettingsReader(Class<T> type, SettingsInput input) {
        this.type = type;
        this.keys = SettingKeys.of(type);
        sources = SettingsSources.collect(input, keys);
        problems.addAll(sources.problems());
    }

    public static <T extends Record> SettingsResult<T> read(Class<T> type, SettingsInput input) {
        return new SettingsReader<>(type, input).read();
    }

    private SettingsResult<T> read() {
        var settings = make("", type);
        return problems.isEmpty() && settings.isPresent()
                ? new SettingsResult.Valid<>(settings.get(), values)
                : new SettingsResult.Invalid<>(problems);
    }

    /// @return empty if any part of it is invalid
    private <R> Optional<R> make(String prefix, Class<R> record) {
        var components = record.getRecordComponents();
        var arguments = new Object[components.length];
        boolean whole = true;
        for (int i = 0; i < components.length; i++) {
            var name = prefix + SettingKeys.keyPart(components[i]);
            var part =
                    components[i].getAnnotation(Setting.class) == null
                            ? make(name + ".", components[i].getType())
                            : convert(key(name));
            whole &= part.isPresent();
            if (part.isPresent()) {
                arguments[i] = part.get();
            }
        }
        return whole ? construct(prefix, record, arguments) : Optional.empty();
    }

    private SettingKey key(String name) {
        return keys.stream().filter(key -> key.name().equals(name)).findFirst().orElseThrow();
    }

    private Optional<Object> convert(SettingKey key) {
        var written = sources.find(key.name());
        var text = written.map(each -> each.text().strip()).orElse(key.setting().value());
        var where = written.map(SettingsSources.LocatedText::where).orElse("default");
        boolean hide = key.setting().secret() && !text.isEmpty();
        values.add(new SettingsResult.Value(key.name(), hide ? MASK : text, where));
        try {
            return Optional.of(SettingConverter.convert(text, key.type(), key.setting()));
        } catch (IllegalArgumentException | ArithmeticException e) {
            var shown = hide ? "the text" : "\"" + text + "\"";
            problems.add(new SettingsProblem(key.name(), shown + " is " + e.getMessage(), where));
            return Optional.empty();
        }
    }

    private <R> Optional<R> construct(String prefix, Class<R> record, Object[] arguments) {
        var types =
                Arrays.stream(record.getRecordComponents())
                        .map(component -> component.getType())
                        .toArray(Class<?>[]::new);
        try {
            var constructor = record.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return Optional.of(constructor.newInstance(arguments));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException rule) {
                var section =
                        prefix.isEmpty() ? "settings" : prefix.substring(0, prefix.length() - 1);
                problems.add(
                        new SettingsProblem(
                                section,
                                String.valueOf(rule.getMessage()),
                                "its settings taken together"));
                return Optional.empty();
            }
            throw new IllegalStateException("cannot make " + record, e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make " + record, e);
        }
    }
}
