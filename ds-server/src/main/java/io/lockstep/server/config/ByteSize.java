package io.lockstep.server.config;

import java.util.regex.Pattern;

/// A number of bytes, written `64KiB`, `2MiB`, `1GiB` or as a plain number.
public record ByteSize(long bytes) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,15})\\s*(B|KiB|MiB|GiB)?");

    /// @throws IllegalArgumentException if `text` is not of this form
    public static ByteSize parse(String text) {
        var matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size such as 64KiB, 2MiB or 4096");
        }
        var unit = matcher.group(2);
        int shift =
                switch (unit == null ? "B" : unit) {
                    case "KiB" -> 10;
                    case "MiB" -> 20;
                    case "GiB" -> 30;
                    default -> 0;
                };
        return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift));
    }

    /// Returns the size as an `int`, which buffers and frames use.
    public int toInt() {
        return Math.toIntExact(bytes);
    }

    @Override
    public String toString() {
        if (bytes == 0) {
            return "0";
        }
        for (int shift = 30; shift > 0; shift -= 10) {
            if (bytes % (1L << shift) == 0) {
                return (bytes >> shift) + (shift == 30 ? "GiB" : shift == 20 ? "MiB" : "KiB");
            }
        }
        return Long.toString(bytes);
    }
}
