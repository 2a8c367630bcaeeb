package io.lockstep.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A JSON value of an HTTP response, parsed by Protobuf's JSON parser. A field that is absent or
/// has another type reads as the empty value of the requested type, so new and missing fields do no
/// harm.
record JsonValue(Value value) {
    private static final JsonValue ABSENT = new JsonValue(Value.getDefaultInstance());

    /// @throws IllegalArgumentException when the text is not JSON
    static JsonValue parse(byte[] utf8) {
        return parse(new String(utf8, StandardCharsets.UTF_8));
    }

    /// @throws IllegalArgumentException when the text is not JSON
    static JsonValue parse(String json) {
        var value = Value.newBuilder();
        try {
            JsonFormat.parser().merge(json, value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
        return new JsonValue(value.build());
    }

    /// Returns a list of strings or numbers, for a request.
    static Value list(List<?> elements) {
        var list = ListValue.newBuilder();
        elements.forEach(each ->
                list.addValues(
                        each instanceof Number number
                                ? Value.newBuilder().setNumberValue(number.doubleValue())
                                : Value.newBuilder().setStringValue(each.toString())));
        return Value.newBuilder().setListValue(list).build();
    }

    /// Returns an object as JSON text.
    static String print(Map<String, Value> fields) {
        return fields.entrySet().stream()
                .map(field -> print(text(field.getKey())) + ":" + print(field.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    /// Protobuf's printer prints the number 1 as `1.0`, which a server does not accept as an
    /// integer.
    private static String print(Value value) {
        if (value.hasNumberValue() && value.getNumberValue() == Math.rint(value.getNumberValue())) {
            return Long.toString((long) value.getNumberValue());
        }
        if (value.hasListValue()) {
            return value.getListValue().getValuesList().stream()
                    .map(JsonValue::print)
                    .collect(Collectors.joining(",", "[", "]"));
        }
        try {
            return JsonFormat.printer().print(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("cannot be printed", e);
        }
    }

    boolean has(String name) {
        return value.getStructValue().containsFields(name);
    }

    JsonValue get(String name) {
        var field = value.getStructValue().getFieldsMap().get(name);
        return field == null ? ABSENT : new JsonValue(field);
    }

    List<JsonValue> elements() {
        return value.getListValue().getValuesList().stream().map(JsonValue::new).toList();
    }

    Map<String, JsonValue> fields() {
        return value.getStructValue().getFieldsMap().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> new JsonValue(e.getValue())));
    }

    String text() {
        return value.getStringValue();
    }

    int integer() {
        return (int) value.getNumberValue();
    }

    boolean bool() {
        return value.getBoolValue();
    }
}
