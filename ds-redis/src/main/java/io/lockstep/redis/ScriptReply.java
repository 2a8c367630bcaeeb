package io.lockstep.redis;

import io.lettuce.core.KeyValue;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The reply of a script, with access by index. A reply of another shape than the script documents
/// is a bug or comes from another release's script. It causes an [IllegalStateException].
public record ScriptReply(List<Object> elements) {
    public static ScriptReply of(Object element) {
        if (element instanceof List<?> list) {
            return new ScriptReply(list.stream().map(Object.class::cast).toList());
        }
        throw new IllegalStateException("expected a list in a reply of Redis");
    }

    /// The reply of HMGET: the value of each field, null where there is none.
    public static ScriptReply ofFields(List<KeyValue<byte[], byte[]>> fields) {
        return new ScriptReply(
                fields.stream().map(field -> (Object) field.getValueOrElse(null)).toList());
    }

    public boolean isEmpty() {
        return elements.isEmpty();
    }

    public int size() {
        return elements.size();
    }

    public ScriptReply list(int at) {
        return of(elements.get(at));
    }

    /// All elements; each is a string or nil.
    public List<Optional<byte[]>> optionals() {
        var values = new ArrayList<Optional<byte[]>>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
            values.add(elements.get(i) == null ? Optional.empty() : Optional.of(bytes(i)));
        }
        return values;
    }

    public byte[] bytes(int at) {
        if (elements.get(at) instanceof byte[] bytes) {
            return bytes;
        }
        throw new IllegalStateException("expected a string in a reply of Redis");
    }

    public Bytes value(int at) {
        return Bytes.wrap(bytes(at));
    }

    public long number(int at) {
        var element = elements.get(at);
        return element instanceof Long number ? number : number(bytes(at));
    }

    /// @param absent stands for nil
    public long number(int at, long absent) {
        return elements.get(at) == null ? absent : number(at);
    }

    public static long number(byte[] digits) {
        return Long.parseLong(new String(digits, StandardCharsets.US_ASCII));
    }
}
