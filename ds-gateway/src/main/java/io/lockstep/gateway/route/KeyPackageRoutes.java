package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.DeletionScope;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.directory.KeyPackageDirectory;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.PublishResult;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import reactor.core.publisher.Mono;

/// A client's own KeyPackages: publish, replace, count and delete them, and set the claim policy.
final class KeyPackageRoutes {
    private static final String PATH = "/v1/key-packages";
    private static final String POLICY_PATH = "/v1/claim-policy";

    /// Room for a list of users, each a name of at most 64 characters.
    private static final int POLICY_BYTES_MAX = 128 << 10;

    /// Room for a thousand KeyPackages of 1 KiB.
    private static final int PACKAGES_BYTES_MAX = 1 << 20;

    private final KeyPackageDirectory keyPackages;

    private KeyPackageRoutes(KeyPackageDirectory keyPackages) {
        this.keyPackages = keyPackages;
    }

    static List<Route> routes(KeyPackageDirectory keyPackages, int bodyBytesMax) {
        var routes = new KeyPackageRoutes(keyPackages);
        var packages =
                new Route.BodyRule(Math.min(bodyBytesMax, PACKAGES_BYTES_MAX), RouteResponse.MLS);
        var policy = new Route.BodyRule(POLICY_BYTES_MAX, RouteResponse.JSON);
        return List.of(
                route(HttpMethod.POST, PATH, packages, (_, request) -> routes.publish(request)),
                route(HttpMethod.PUT, PATH, packages, (_, request) -> routes.replace(request)),
                route(
                        HttpMethod.GET,
                        PATH,
                        Route.BodyRule.NONE,
                        (client, _) -> routes.count(client)),
                route(HttpMethod.DELETE, PATH, Route.BodyRule.NONE, routes::deleteMany),
                route(HttpMethod.DELETE, PATH + "/{}", Route.BodyRule.NONE, routes::deleteOne),
                route(
                        HttpMethod.GET,
                        POLICY_PATH,
                        Route.BodyRule.NONE,
                        (client, _) -> routes.claimPolicy(client)),
                route(HttpMethod.PUT, POLICY_PATH, policy, routes::setClaimPolicy));
    }

    private static Route route(
            HttpMethod method, String path, Route.BodyRule body, Route.ClientHandler answer) {
        return new Route(method, path, body, new Route.RouteAccess.Authenticated(answer));
    }

    private Mono<RouteResponse> publish(Request request) {
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

    private Mono<RouteResponse> replace(Request request) {
        if (!MediaVersion.of(request).equals(OptionalInt.of(MediaVersion.MLS10))) {
            return Mono.just(unsupportedMediaType());
        }
        return keyPackages
                .replace(request.session(), request.body())
                .map(KeyPackageRoutes::published);
    }

    private static RouteResponse unsupportedMediaType() {
        return ProblemDetails.of(
                Code.UNSUPPORTED_MEDIA_TYPE,
                "version is a number from 1 to 65535; only 1 can be replaced");
    }

    private static RouteResponse published(PublishResult result) {
        return switch (result) {
            case PublishResult.BodyRefused(var refusal) -> ProblemDetails.of(refusal);
            case PublishResult.UploadRateLimited(var retryAfter) ->
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

    private Mono<RouteResponse> count(ClientId client) {
        return keyPackages
                .count(client)
                .map(counts -> {
                    var suites = new TreeMap<String, Object>();
                    var versions = new TreeMap<String, Object>();
                    counts.forEach((kind, left) -> {
                        if (kind.isOpaque()) {
                            versions.put(Integer.toString(kind.version()), left(left));
                        } else {
                            suites.put(Integer.toString(kind.suite()), left(left));
                        }
                    });
                    return Json.answer(
                            versions.isEmpty()
                                    ? Map.of("suites", suites)
                                    : Map.of("suites", suites, "versions", versions));
                });
    }

    private static Map<String, Object> left(KeyPackageCount left) {
        return Map.of(
                "left", left.singleUse(),
                "last_resort", left.lastResort(),
                "last_resort_claims", left.lastResortClaims());
    }

    private Mono<RouteResponse> deleteMany(ClientId client, Request request) {
        var suite = request.query("suite");
        try {
            return delete(
                    client,
                    suite.isEmpty()
                            ? new DeletionScope.All()
                            : new DeletionScope.OfKind(
                                    KeyPackageKind.ofSuite(Integer.parseInt(suite.get()))));
        } catch (IllegalArgumentException e) {
            return Mono.just(
                    ProblemDetails.of(Code.INVALID_REQUEST, "suite: a cipher suite is 1 to 65535"));
        }
    }

    private Mono<RouteResponse> deleteOne(ClientId client, Request request) {
        return Base64Url.decode(request.parameter(0))
                .map(ref -> delete(client, new DeletionScope.OfRef(ref)))
                .orElseGet(() ->
                        Mono.just(
                                ProblemDetails.of(
                                        Code.INVALID_REQUEST, "a ref must be base64url")));
    }

    private Mono<RouteResponse> delete(ClientId client, DeletionScope which) {
        return keyPackages.delete(client, which).map(gone -> Json.answer(Map.of("deleted", gone)));
    }

    private Mono<RouteResponse> claimPolicy(ClientId client) {
        return keyPackages.claimPolicy(client.user()).map(ClaimPolicyJson::answer);
    }

    private Mono<RouteResponse> setClaimPolicy(ClientId client, Request request) {
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
