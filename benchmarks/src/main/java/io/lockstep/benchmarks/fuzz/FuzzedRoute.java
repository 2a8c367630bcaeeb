package io.lockstep.benchmarks.fuzz;

import io.lockstep.gateway.Gateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/// An operation of `openapi.yaml` to which requests are sent.
///
/// @param path with `{name}` for each parameter, those of the query too
/// @param type media type of the body; empty if there is no body
record FuzzedRoute(String method, String path, String type) {
    private static final String FILE = "route/openapi.yaml";

    // The layout of the file: a path is indented by two spaces, its methods by four.
    private static final Pattern PATH = Pattern.compile("(?m)^  (/\\S*):$");
    private static final Pattern METHOD = Pattern.compile("(?m)^    (get|put|post|delete):$");
    private static final Pattern QUERY = Pattern.compile("name: (\\w+)\\s+in: query");
    private static final Pattern BODY =
            Pattern.compile("requestBody:\\s+required: \\w+\\s+content:\\s+(\\S+):");
    private static final String KEY_PACKAGES = "requestBodies/KeyPackages";

    /// Every operation, and a path that does not exist.
    static List<FuzzedRoute> all() {
        var routes = new ArrayList<FuzzedRoute>();
        var document = document();
        var paths = document.substring(0, document.indexOf("\ncomponents:\n"));
        for (var path : parts(PATH, paths)) {
            for (var operation : parts(METHOD, path.text())) {
                var query = QUERY.matcher(operation.text());
                var name = query.find() ? query.group(1) : "";
                routes.add(
                        new FuzzedRoute(
                                operation.name().toUpperCase(Locale.ROOT),
                                path.name()
                                        + (name.isEmpty() ? "" : "?" + name + "={" + name + "}"),
                                bodyType(operation.text())));
            }
        }
        routes.add(new FuzzedRoute("GET", "/{id}", ""));
        return List.copyOf(routes);
    }

    private static String bodyType(String operation) {
        if (operation.contains(KEY_PACKAGES)) {
            return "message/mls";
        }
        var body = BODY.matcher(operation);
        return body.find() ? body.group(1) : "";
    }

    private record Part(String name, String text) {}

    /// A part of the text for each match, up to the next one.
    private static List<Part> parts(Pattern begin, String text) {
        var found = begin.matcher(text).results().toList();
        var parts = new ArrayList<Part>();
        for (int i = 0; i < found.size(); i++) {
            int end = i + 1 < found.size() ? found.get(i + 1).start() : text.length();
            parts.add(new Part(found.get(i).group(1), text.substring(found.get(i).end(), end)));
        }
        return parts;
    }

    private static String document() {
        try (var in = Gateway.class.getResourceAsStream(FILE)) {
            return new String(
                    Objects.requireNonNull(in, FILE).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
