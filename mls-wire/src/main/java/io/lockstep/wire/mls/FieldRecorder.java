package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MlsDescriber.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// Collects the fields that [MlsGrammar] reads. Confined to one description.
final class FieldRecorder {
    /// Maximum bytes of a value in the description; longer values are cut for readability.
    private static final int SHOWN_BYTES_MAX = 48;

    private final ArrayList<Field> fields = new ArrayList<>();
    private final StringBuilder path = new StringBuilder();

    List<Field> toList() {
        return List.copyOf(fields);
    }

    /// Begins a nested field: the following fields are parts of it, until [#leave].
    ///
    /// @return an argument for [#leave]
    int enter(String name) {
        int mark = path.length();
        path.append(name).append('.');
        return mark;
    }

    int enter(String name, int index) {
        return enter(name + "[" + index + "]");
    }

    void leave(int mark) {
        path.setLength(mark);
    }

    void add(int offset, int length, String name, String value) {
        fields.add(new Field(offset, length, path + name, value));
    }

    static String text(Bytes bytes) {
        if (bytes.isEmpty()) {
            return "(empty)";
        }
        int shown = Math.min(bytes.size(), SHOWN_BYTES_MAX);
        var array = bytes.slice(0, shown).toArray();
        var text = new StringBuilder(HexFormat.of().formatHex(array));
        if (shown < bytes.size()) {
            text.append("… (").append(bytes.size()).append(" bytes)");
        }
        if (isPrintable(array)) {
            text.append(" \"").append(new String(array, StandardCharsets.US_ASCII)).append('"');
        }
        return text.toString();
    }

    private static boolean isPrintable(byte[] array) {
        for (byte b : array) {
            if (b < 0x20 || b > 0x7e) {
                return false;
            }
        }
        return true;
    }

    static String hex16(int value) {
        return String.format("0x%04x", value);
    }
}
