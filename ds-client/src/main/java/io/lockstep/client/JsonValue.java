package io.lockstep.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// A JSON value of an HTTP response, parsed by Protobuf's JSON parser, and the JSON of requests,
/// printed by Jackson: Protobuf prints the number 1 as `1.0`, which a server does not accept as an
/// integer. A field that is absent or has another type reads as the empty value of the requested
/// type, so new and missing fields do no harm.
record JsonValue(Value value) {
    private static final JsonFactory FACTORY = new JsonFactory();
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

    /// Returns an object as JSON text, for a request.
    ///
    /// @param fields each a string, an integer, or a list of these
    static String print(Map<String, ?> fields) {
        var text = new StringWriter();
        try (var out = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            out.writeStartObject();
            fields.forEach((name, value) -> {
                out.writeName(name);
                write(out, value);
            });
            out.writeEndObject();
        }
        return text.toString();
    }

    private static void write(JsonGenerator out, Object value) {
        switch (value) {
            case String string -> out.writeString(string);
            case Integer number -> out.writeNumber(number);
            case List<?> list -> {
                out.writeStartArray();
                list.forEach(element -> write(out, element));
                out.writeEndArray();
            }
            default -> throw new IllegalArgumentException("cannot be printed: " + value);
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

    /// At most 2^53.
    long number() {
        return (long) value.getNumberValue();
    }

    boolean bool() {
        return value.getBoolValue();
    }
}
