package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.Deletion;
import io.lockstep.directory.KeyPackages;
import io.lockstep.directory.Left;
import io.lockstep.directory.PublishResult;
import io.lockstep.directory.Shelf;
import io.lockstep.gateway.http.HttpAnswer;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import reactor.core.publisher.Mono;

/// What clients do with their own KeyPackages: publish, replace, count, delete, and say who may claim them.
final class KeyPackageRoutes {
    private static final String PATH = "/v1/key-packages";
    private static final String POLICY_PATH = "/v1/claim-policy";

    /// A list of users, each a name of 64 characters at most.
    private static final int POLICY_BYTES_MAX = 128 << 10;

    /// A thousand of a KiB.
    private static final int PACKAGES_BYTES_MAX = 1 << 20;

    private final KeyPackages keyPackages;

    private KeyPackageRoutes(KeyPackages keyPackages) {
        this.keyPackages = keyPackages;
    }

    static List<Route> routes(KeyPackages keyPackages, int bodyBytesMax) {
        var routes = new KeyPackageRoutes(keyPackages);
        var packages = new Route.Body(Math.min(bodyBytesMax, PACKAGES_BYTES_MAX), HttpAnswer.MLS);
        var policy = new Route.Body(POLICY_BYTES_MAX, HttpAnswer.JSON);
        return List.of(
                route(HttpMethod.POST, PATH, packages, (_, request) -> routes.publish(request)),
                route(HttpMethod.PUT, PATH, packages, (_, request) -> routes.replace(request)),
                route(HttpMethod.GET, PATH, Route.Body.NONE, (client, _) -> routes.count(client)),
                route(HttpMethod.DELETE, PATH, Route.Body.NONE, routes::deleteMany),
                route(HttpMethod.DELETE, PATH + "/{}", Route.Body.NONE, routes::deleteOne),
                route(
                        HttpMethod.GET,
                        POLICY_PATH,
                        Route.Body.NONE,
                        (client, _) -> routes.claimPolicy(client)),
                route(HttpMethod.PUT, POLICY_PATH, policy, routes::setClaimPolicy));
    }

    private static Route route(
            HttpMethod method, String path, Route.Body body, Route.ClientAnswer answer) {
        return new Route(method, path, body, new Route.Access.Authenticated(answer));
    }

    private Mono<HttpAnswer> publish(Request request) {
        var version = MediaVersion.of(request);
        if (version.isEmpty()) {
            return Mono.just(unsupportedMediaType());
        }
        int mls = version.getAsInt();
        return (mls == MediaVersion.MLS10
                        ? keyPackages.publish(request.session(), request.body())
                        : keyPackages.publishOpaque(request.session(), mls, request.body()))
                .map(KeyPackageRoutes::published);
    }

    private Mono<HttpAnswer> replace(Request request) {
        if (!MediaVersion.of(request).equals(OptionalInt.of(MediaVersion.MLS10))) {
            return Mono.just(unsupportedMediaType());
        }
        return keyPackages
                .replace(request.session(), request.body())
                .map(KeyPackageRoutes::published);
    }

    private static HttpAnswer unsupportedMediaType() {
        return ProblemDetails.of(
                Code.UNSUPPORTED_MEDIA_TYPE,
                "version is a number from 1 to 65535; only 1 can be replaced");
    }

    private static HttpAnswer published(PublishResult result) {
        return switch (result) {
            case PublishResult.Refused(var refusal) -> ProblemDetails.of(refusal);
            case PublishResult.RateLimited(var retryAfter) ->
                    ProblemDetails.rateLimited(Code.RATE_LIMITED.meaning(), retryAfter);
            case PublishResult.Published(int stored, var refusals) -> {
                var refused = new ArrayList<Map<String, Object>>();
                for (var one : refusals) {
                    refused.add(
                            Map.of(
                                    "index", one.index(),
                                    "code", one.refusal().code().wireName(),
                                    "detail", one.refusal().detail()));
                }
                yield Json.answer(Map.of("stored", stored, "refused", refused));
            }
        };
    }

    private Mono<HttpAnswer> count(ClientId client) {
        return keyPackages
                .count(client)
                .map(counts -> {
                    var suites = new TreeMap<String, Object>();
                    var versions = new TreeMap<String, Object>();
                    counts.forEach((shelf, left) -> {
                        if (shelf.isOpaque()) {
                            versions.put(Integer.toString(shelf.version()), left(left));
                        } else {
                            suites.put(Integer.toString(shelf.suite()), left(left));
                        }
                    });
                    return Json.answer(
                            versions.isEmpty()
                                    ? Map.of("suites", suites)
                                    : Map.of("suites", suites, "versions", versions));
                });
    }

    private static Map<String, Object> left(Left left) {
        return Map.of("left", left.singleUse(), "last_resort", left.lastResort());
    }

    private Mono<HttpAnswer> deleteMany(ClientId client, Request request) {
        var suite = request.query("suite");
        try {
            return delete(
                    client,
                    suite.isEmpty()
                            ? new Deletion.All()
                            : new Deletion.OfShelf(Shelf.ofSuite(Integer.parseInt(suite.get()))));
        } catch (IllegalArgumentException e) {
            return Mono.just(
                    ProblemDetails.of(Code.INVALID_REQUEST, "suite: a cipher suite is 1 to 65535"));
        }
    }

    private Mono<HttpAnswer> deleteOne(ClientId client, Request request) {
        return Base64Url.decode(request.parameter(0))
                .map(ref -> delete(client, new Deletion.OfRef(ref)))
                .orElseGet(() ->
                        Mono.just(
                                ProblemDetails.of(
                                        Code.INVALID_REQUEST, "a ref is written in base64url")));
    }

    private Mono<HttpAnswer> delete(ClientId client, Deletion which) {
        return keyPackages.delete(client, which).map(gone -> Json.answer(Map.of("deleted", gone)));
    }

    private Mono<HttpAnswer> claimPolicy(ClientId client) {
        return keyPackages.claimPolicy(client.user()).map(ClaimPolicyJson::answer);
    }

    private Mono<HttpAnswer> setClaimPolicy(ClientId client, Request request) {
        ClaimPolicy policy;
        try {
            policy = ClaimPolicyJson.read(Json.readObject(request.body().toArray()));
        } catch (RefusalException e) {
            return Mono.just(ProblemDetails.of(e.refusal()));
        }
        return keyPackages
                .claimPolicy(client.user(), policy)
                .then(Mono.fromSupplier(() -> ClaimPolicyJson.answer(policy)));
    }
}
