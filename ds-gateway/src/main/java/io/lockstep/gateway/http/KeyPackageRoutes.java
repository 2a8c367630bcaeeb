package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimResult;
import io.lockstep.directory.KeyPackages;
import io.lockstep.directory.PublishResult;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/// Publish, count and claim KeyPackages.
final class KeyPackageRoutes {
    private static final int CLAIM_BYTES_MAX = 4096;
    private static final int SUITES_MAX = 16;
    private static final int SUITE_MAX = 0xffff;

    private final KeyPackages keyPackages;

    private KeyPackageRoutes(KeyPackages keyPackages) {
        this.keyPackages = keyPackages;
    }

    static List<Route> routes(KeyPackages keyPackages, int bodyBytesMax) {
        var routes = new KeyPackageRoutes(keyPackages);
        return List.of(
                new Route(
                        HttpMethod.POST,
                        "/v1/key-packages",
                        new Route.Body(bodyBytesMax, HttpAnswer.MLS),
                        new Route.Access.Authenticated(
                                (client, request) -> routes.publish(client, request.body()))),
                new Route(
                        HttpMethod.GET,
                        "/v1/key-packages",
                        Route.Body.NONE,
                        new Route.Access.Authenticated((client, _) -> routes.count(client))),
                new Route(
                        HttpMethod.POST,
                        "/v1/users/{}/key-packages/claim",
                        new Route.Body(CLAIM_BYTES_MAX, HttpAnswer.JSON),
                        new Route.Access.Authenticated((client, request) ->
                                routes.claim(client, request.parameter(0), request.body()))));
    }

    private Mono<HttpAnswer> publish(ClientId client, Bytes body) {
        return keyPackages
                .publish(client, body)
                .map(result ->
                        switch (result) {
                            case PublishResult.Published published -> published(published);
                            case PublishResult.Refused(var code, var detail) ->
                                    ProblemDetails.of(code, detail);
                        });
    }

    private static HttpAnswer published(PublishResult.Published published) {
        var refused = new ArrayList<Map<String, Object>>();
        for (var one : published.refused()) {
            refused.add(
                    Map.of(
                            "index", one.index(),
                            "code", one.code().wireName(),
                            "detail", one.detail()));
        }
        return json(Map.of("stored", published.stored(), "refused", refused));
    }

    private Mono<HttpAnswer> count(ClientId client) {
        return keyPackages
                .count(client)
                .map(counts -> {
                    var suites = new TreeMap<String, Object>();
                    counts.forEach((suite, left) ->
                            suites.put(Integer.toString(suite), Map.of("left", left)));
                    return json(Map.of("suites", suites));
                });
    }

    private Mono<HttpAnswer> claim(ClientId client, String user, Bytes body) {
        List<Integer> suites;
        Optional<String> device;
        try {
            var request = Json.readObject(body.toArray());
            suites = suites(request);
            device = device(request);
        } catch (InvalidBodyException e) {
            return Mono.just(ProblemDetails.of(Code.INVALID_REQUEST, e.detail()));
        }
        if (!isName(user) || !device.map(KeyPackageRoutes::isName).orElse(true)) {
            return Mono.just(unknownClient());
        }
        return keyPackages
                .claim(client, user, device, suites)
                .map(result ->
                        switch (result) {
                            case ClaimResult.Claimed claimed -> claimed(claimed);
                            case ClaimResult.UnknownClient() -> unknownClient();
                        });
    }

    private static HttpAnswer unknownClient() {
        return ProblemDetails.of(
                Code.UNKNOWN_CLIENT, "this user, or device, never published a KeyPackage");
    }

    /// Whether the directory may hold anything under it at all.
    private static boolean isName(String part) {
        try {
            new ClientId(part, part);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<Integer> suites(JsonNode request) throws InvalidBodyException {
        var node = request.path("suites");
        if (!node.isArray() || node.isEmpty() || node.size() > SUITES_MAX) {
            throw new InvalidBodyException("suites: 1 to " + SUITES_MAX + " cipher suites");
        }
        var suites = new ArrayList<Integer>();
        for (var suite : node) {
            if (!suite.canConvertToInt() || !suite.isIntegralNumber()) {
                throw new InvalidBodyException("suites: a cipher suite is a number");
            }
            int value = suite.intValue();
            if (value < 1 || value > SUITE_MAX) {
                throw new InvalidBodyException("suites: a cipher suite is 1 to " + SUITE_MAX);
            }
            suites.add(value);
        }
        return suites;
    }

    private static Optional<String> device(JsonNode request) throws InvalidBodyException {
        var node = request.path("device");
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        if (!node.isString()) {
            throw new InvalidBodyException("device: a string");
        }
        return Optional.of(node.stringValue());
    }

    private static HttpAnswer claimed(ClaimResult.Claimed result) {
        var claimed = new ArrayList<Map<String, Object>>();
        for (var one : result.claimed()) {
            claimed.add(
                    Map.of(
                            "client", one.client().toString(),
                            "ref", base64Url(one.ref()),
                            "suite", one.suite(),
                            "last_resort", one.lastResort(),
                            "key_package", base64(one.message())));
        }
        var missing = new ArrayList<Map<String, Object>>();
        for (var one : result.missing()) {
            missing.add(Map.of("client", one.client().toString(), "code", one.code().wireName()));
        }
        return json(Map.of("claimed", claimed, "missing", missing));
    }

    private static HttpAnswer json(Map<String, ?> object) {
        return new HttpAnswer(200, HttpAnswer.JSON, Bytes.wrap(Json.write(object)), Map.of());
    }

    private static String base64(Bytes bytes) {
        return Base64.getEncoder().encodeToString(bytes.toArray());
    }

    private static String base64Url(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray());
    }
}
