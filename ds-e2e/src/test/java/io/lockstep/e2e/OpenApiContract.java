package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// An OpenAPI 3.1 document against which requests and answers are checked: path, method, status,
/// media type, headers and JSON must all match. The document allows additional fields in answers,
/// for later versions; this server must send only described ones. The class records which answers
/// occurred.
final class OpenApiContract {
    private static final String LOCATION = "https://lockstep.io/openapi.yaml";
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete");

    private final JsonNode document;
    private final SchemaRegistry schemas;
    private final Set<String> seen = new HashSet<>();

    OpenApiContract(String yaml) {
        document = new YAMLMapper().readTree(yaml);
        var json = JsonMapper.shared().writeValueAsString(closed(document.deepCopy()));
        schemas =
                SchemaRegistry.withDialect(
                        Dialects.getOpenApi31(), b -> b.schemas(Map.of(LOCATION, json)));
    }

    /// Forbids undescribed fields in objects.
    private static JsonNode closed(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("type").asString("").equals("object")
                && object.has("properties")
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(OpenApiContract::closed);
        return node;
    }

    JsonNode document() {
        return document;
    }

    /// Every answer that an operation describes by its status, as `operation status`.
    Set<String> described() {
        var all = new TreeSet<String>();
        document.path("paths")
                .forEachEntry((_, item) ->
                        item.forEachEntry((method, operation) -> {
                            if (METHODS.contains(method)) {
                                operation
                                        .path("responses")
                                        .propertyNames()
                                        .forEach(status -> all.add(name(operation) + " " + status));
                            }
                        }));
        return all;
    }

    /// The names of all headers of answers, in lower case.
    Set<String> headers(String... except) {
        var names = new TreeSet<String>();
        document.findValues("headers")
                .forEach(headers ->
                        headers.propertyNames()
                                .forEach(name -> names.add(name.toLowerCase(Locale.ROOT))));
        names.removeAll(Set.of(except));
        return names;
    }

    Set<String> seen() {
        return Set.copyOf(seen);
    }

    /// Fails if the operation does not describe the answer.
    ///
    /// @param path without the query
    void check(String method, String path, HttpResponse<byte[]> answer) {
        var item = item(path);
        var operation = item.node().path(method.toLowerCase(Locale.ROOT));
        var what = method + " " + path + ": " + answer.statusCode() + " " + text(answer);
        assertThat(operation.isObject()).as("%s is described", what).isTrue();
        var status = Integer.toString(answer.statusCode());
        var responses = operation.path("responses");
        var key = responses.has(status) ? status : "default";
        assertThat(responses.has(key)).as("%s: the status is described", what).isTrue();
        seen.add(name(operation) + " " + key);
        var at = item.pointer() + "/" + method.toLowerCase(Locale.ROOT) + "/responses/" + key;
        var response = resolve(responses.path(key), at);
        headers(what, response.node().path("headers"), answer);
        content(what, response, answer);
    }

    private static void headers(String what, JsonNode headers, HttpResponse<byte[]> answer) {
        headers.forEachEntry((name, header) -> {
            var value = answer.headers().firstValue(name);
            if (header.path("required").asBoolean(false)) {
                assertThat(value).as("%s: header %s", what, name).isPresent();
            }
            var schema = header.path("schema");
            if (value.isPresent() && schema.has("pattern")) {
                assertThat(value.get()).containsPattern(schema.path("pattern").stringValue());
            }
            if (value.isPresent() && schema.has("const")) {
                assertThat(value).contains(schema.path("const").stringValue());
            }
        });
    }

    private void content(String what, Located response, HttpResponse<byte[]> answer) {
        var content = response.node().path("content");
        if (content.isMissingNode()) {
            assertThat(answer.body()).as("%s: no content", what).isEmpty();
            return;
        }
        var type = answer.headers().firstValue("content-type").orElse("");
        assertThat(content.has(type)).as("%s: content type %s", what, type).isTrue();
        var at = response.pointer() + "/content/" + type.replace("/", "~1");
        if (type.endsWith("json") && !type.endsWith("x-ndjson")) {
            validate(what, at + "/schema", text(answer));
        } else if (content.path(type).has("x-line-schema")) {
            text(answer).lines().forEach(line -> validate(what, at + "/x-line-schema", line));
        }
    }

    private void validate(String what, String pointer, String json) {
        Schema schema = schemas.getSchema(SchemaLocation.of(LOCATION + "#" + pointer));
        var wrong = schema.validate(JsonMapper.shared().readTree(json));
        assertThat(wrong).as("%s by %s", what, pointer).isEmpty();
    }

    private record Located(JsonNode node, String pointer) {}

    private Located item(String path) {
        var segments = List.of(path.split("/", -1));
        var found = new ArrayList<Located>();
        document.path("paths")
                .forEachEntry((template, node) -> {
                    if (fits(List.of(template.split("/", -1)), segments)) {
                        found.add(new Located(node, "/paths/" + template.replace("/", "~1")));
                    }
                });
        assertThat(found).as("described paths that fit %s", path).isNotEmpty();
        // A literal path takes precedence over one with parameters (OpenAPI 3.1 §4.8.8.2).
        return Collections.min(
                found,
                Comparator.comparingLong(
                        one -> one.pointer().chars().filter(c -> c == '{').count()));
    }

    private static boolean fits(List<String> template, List<String> segments) {
        if (template.size() != segments.size()) {
            return false;
        }
        for (int i = 0; i < template.size(); i++) {
            if (!template.get(i).startsWith("{") && !template.get(i).equals(segments.get(i))) {
                return false;
            }
        }
        return true;
    }

    private Located resolve(JsonNode node, String pointer) {
        if (!node.has("$ref")) {
            return new Located(node, pointer);
        }
        var target = node.path("$ref").stringValue().substring(1);
        return new Located(document.at(target), target);
    }

    private static String name(JsonNode operation) {
        return operation.path("operationId").stringValue();
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }
}
