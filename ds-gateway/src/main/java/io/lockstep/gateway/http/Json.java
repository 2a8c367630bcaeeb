package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// JSON bodies of requests and answers.
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private Json() {}

    static HttpAnswer answer(Map<String, ?> object) {
        return new HttpAnswer(200, HttpAnswer.JSON, Bytes.wrap(write(object)), Map.of());
    }

    static byte[] write(Map<String, ?> object) {
        return MAPPER.writeValueAsBytes(object);
    }

    /// @throws InvalidBodyException when it is not one JSON object
    static JsonNode readObject(byte[] body) throws InvalidBodyException {
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw new InvalidBodyException("the body is not JSON");
        }
        if (!node.isObject()) {
            throw new InvalidBodyException("the body is not a JSON object");
        }
        return node;
    }
}
