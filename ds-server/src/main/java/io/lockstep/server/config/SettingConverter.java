package io.lockstep.server.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// Converts the text of a setting to the type of its record component.
///
/// A failure is an IllegalArgumentException whose message completes the sentence "`text` is …".
final class SettingConverter {
    private SettingConverter() {}

    /// @param text without surrounding blanks; empty is unset, which only Optional and List allow
    static Object convert(String text, Type type, Setting setting) {
        if (type instanceof ParameterizedType generic) {
            var element = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Optional.class) {
                return text.isEmpty()
                        ? Optional.empty()
                        : Optional.of(convert(text, element, setting));
            }
            if (generic.getRawType() == List.class) {
                return Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .map(part -> convert(part, element, setting))
                        .toList();
            }
        }
        if (text.isEmpty()) {
            throw new IllegalArgumentException("empty; it needs a value");
        }
        return simple(text, (Class<?>) type, setting);
    }

    private static Object simple(String text, Class<?> type, Setting setting) {
        if (type == String.class) {
            return text;
        } else if (type == int.class) {
            return number(text, setting);
        } else if (type == boolean.class) {
            return bool(text);
        } else if (type == Duration.class) {
            return Durations.parse(text);
        } else if (type == ByteSize.class) {
            return ByteSize.parse(text);
        } else if (type == Path.class) {
            return Path.of(text);
        } else if (type == URI.class) {
            return uri(text);
        } else if (type.isEnum()) {
            return choice(text, type);
        }
        throw new IllegalStateException("no conversion to " + type);
    }

    private static Integer number(String text, Setting setting) {
        try {
            long value = Long.parseLong(text);
            if (value >= setting.min() && value <= setting.max()) {
                return (int) value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a whole number", e);
        }
        throw new IllegalArgumentException("not from " + setting.min() + " to " + setting.max());
    }

    private static Boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("neither true nor false");
        };
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a URI", e);
        }
    }

    private static Object choice(String text, Class<?> type) {
        for (var constant : type.getEnumConstants()) {
            if (choiceName(constant).equals(text)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(
                "none of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(SettingConverter::choiceName)
                                .collect(Collectors.joining(", ")));
    }

    /// `WEAKER_ACCEPTED` becomes `weaker-accepted`.
    static String choiceName(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
