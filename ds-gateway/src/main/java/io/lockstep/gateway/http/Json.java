package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Parses and writes JSON bodies.
public final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private Json() {}

    public static RouteResponse answer(Map<String, ?> object) {
        return new RouteResponse(200, RouteResponse.JSON, Bytes.wrap(write(object)), Map.of());
    }

    public static byte[] write(Map<String, ?> object) {
        return MAPPER.writeValueAsBytes(object);
    }

    /// @throws RefusalException if it is not one JSON object, or has a duplicate name (RFC 8259 §4)
    public static JsonNode readObject(byte[] body) throws RefusalException {
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "the body is not JSON, or has a duplicate name");
        }
        if (!node.isObject()) {
            throw new RefusalException(Code.INVALID_REQUEST, "the body is not a JSON object");
        }
        return node;
    }
}
