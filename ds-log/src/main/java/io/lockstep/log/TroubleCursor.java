package io.lockstep.log;

import java.util.Comparator;
import java.util.regex.Pattern;

/// A place in the register of troubled groups; for implementations of [GroupLog#troubledGroups].
///
/// @param millis time of the last trouble of the group at this place
/// @param name the group's, in hexadecimal digits
public record TroubleCursor(long millis, String name) {
    /// The order of the register: the latest first.
    public static final Comparator<TroubleCursor> ORDER =
            Comparator.comparingLong(TroubleCursor::millis)
                    .thenComparing(TroubleCursor::name)
                    .reversed();

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,15})-([0-9a-f]{1,510})");

    /// Before the first place.
    private static final TroubleCursor START = new TroubleCursor(999_999_999_999_999L, "");

    /// @param text of [#write]; empty for the start
    /// @throws IllegalArgumentException if it is not a cursor
    public static TroubleCursor parse(String text) {
        if (text.isEmpty()) {
            return START;
        }
        var parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a cursor of troubled groups");
        }
        return new TroubleCursor(Long.parseLong(parts.group(1)), parts.group(2));
    }

    public String write() {
        return millis + "-" + name;
    }

    /// Whether the other place comes after this one.
    public boolean isBefore(TroubleCursor other) {
        return ORDER.compare(this, other) < 0;
    }
}
