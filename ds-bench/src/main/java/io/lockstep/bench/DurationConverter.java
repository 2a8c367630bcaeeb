package io.lockstep.bench;

import java.time.Duration;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Parses a length of time: `90s`, `10m`, `1h`.
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern SYNTAX = Pattern.compile("(\\d+)(s|m|h)");

    @Override
    public Duration convert(String text) {
        var match = SYNTAX.matcher(text);
        if (!match.matches()) {
            throw new TypeConversionException("a length of time is 90s, 10m or 1h, not " + text);
        }
        long number = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }
}
