package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.BulkClaimResult;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.ClaimResult;
import io.lockstep.directory.KeyPackageDirectory;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import reactor.core.publisher.Mono;

/// Claims of other users' KeyPackages: for one user, or for many users with a streamed response.
final class ClaimRoutes {
    private static final int CLAIM_BYTES_MAX = 4 << 10;
    private static final int USERS_MAX = 10_000;

    /// Room for the most names: 64 characters each, quoted.
    private static final int BULK_BYTES_MAX = 1 << 20;

    private final KeyPackageDirectory keyPackages;

    private ClaimRoutes(KeyPackageDirectory keyPackages) {
        this.keyPackages = keyPackages;
    }

    static List<Route> routes(KeyPackageDirectory keyPackages) {
        var routes = new ClaimRoutes(keyPackages);
        return List.of(
                new Route(
                        HttpMethod.POST,
                        "/v1/users/{}/key-packages/claim",
                        new Route.BodyRule(CLAIM_BYTES_MAX, RouteResponse.JSON),
                        new Route.RouteAccess.Authenticated(routes::claim)),
                new Route(
                        HttpMethod.POST,
                        "/v1/key-packages/claim",
                        new Route.BodyRule(BULK_BYTES_MAX, RouteResponse.JSON),
                        new Route.RouteAccess.Authenticated(routes::claimAll)));
    }

    private Mono<RouteResponse> claim(ClientId client, Request request) {
        var user = request.parameter(0);
        ClaimRequest claimRequest;
        Optional<String> device;
        try {
            var body = Json.readObject(request.body().toArray());
            claimRequest = ClaimJson.claimRequest(body);
            device = ClaimJson.device(body);
        } catch (RefusalException e) {
            return Mono.just(ProblemDetails.of(e.refusal()));
        }
        if (!isName(user) || !device.map(ClaimRoutes::isName).orElse(true)) {
            return Mono.just(unknownClient());
        }
        return keyPackages.claim(client, user, device, claimRequest).map(ClaimRoutes::answer);
    }

    private static RouteResponse answer(ClaimResult result) {
        return switch (result) {
            case ClaimResult.DevicesClaimed(var claimed, var missing) ->
                    Json.answer(
                            Map.of(
                                    "claimed",
                                    claimed.stream().map(ClaimJson::claimed).toList(),
                                    "missing",
                                    missing.stream().map(ClaimJson::missing).toList()));
            case ClaimResult.UnknownClient() -> unknownClient();
            case ClaimResult.ClaimRateLimited(var retryAfter) -> rateLimited(retryAfter);
            case ClaimResult.StoreFailed() -> ProblemDetails.of(Code.OUTCOME_UNKNOWN);
        };
    }

    private static RouteResponse unknownClient() {
        return ProblemDetails.of(
                Code.UNKNOWN_CLIENT,
                "no such user or device, or it does not let this client claim");
    }

    private static RouteResponse rateLimited(Duration retryAfter) {
        return ProblemDetails.rateLimited(Code.RATE_LIMITED.meaning(), retryAfter);
    }

    /// Whether the directory can hold anything under this name.
    private static boolean isName(String part) {
        try {
            new ClientId(part, part);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private Mono<RouteResponse> claimAll(ClientId client, Request request) {
        ClaimRequest claimRequest;
        List<String> users;
        try {
            var body = Json.readObject(request.body().toArray());
            claimRequest = ClaimJson.claimRequest(body);
            users = ClaimJson.users(body, USERS_MAX);
        } catch (RefusalException e) {
            return Mono.just(ProblemDetails.of(e.refusal()));
        }
        for (var user : users) {
            if (!isName(user)) {
                return Mono.just(
                        ProblemDetails.of(Code.INVALID_REQUEST, "users: not a valid user name"));
            }
        }
        return keyPackages
                .claimAll(client, users, claimRequest)
                .map(result ->
                        switch (result) {
                            case BulkClaimResult.BulkRateLimited(var retryAfter) ->
                                    rateLimited(retryAfter);
                            case BulkClaimResult.UserClaims(var claims) ->
                                    new RouteResponse(
                                            200,
                                            RouteResponse.JSON_LINES,
                                            new RouteResponse.ResponseContent.Streamed(
                                                    OptionalLong.empty(),
                                                    claims.map(ClaimRoutes::lines)),
                                            Map.of());
                        });
    }

    /// One line for each device of the user, or one for the user.
    private static Bytes lines(BulkClaimResult.UserClaim claim) {
        var out = new ByteArrayOutputStream();
        switch (claim.result()) {
            case ClaimResult.DevicesClaimed(var claimed, var missing) -> {
                claimed.forEach(one -> line(out, ClaimJson.claimed(one)));
                missing.forEach(one -> line(out, ClaimJson.missing(one)));
            }
            case ClaimResult.UnknownClient() -> line(out, ofUser(claim, Code.UNKNOWN_CLIENT));
            case ClaimResult.StoreFailed() -> line(out, ofUser(claim, Code.OUTCOME_UNKNOWN));
            case ClaimResult.ClaimRateLimited(var retryAfter) ->
                    line(
                            out,
                            Map.of(
                                    "user",
                                    claim.user(),
                                    "code",
                                    Code.RATE_LIMITED.wireName(),
                                    "retry_after_seconds",
                                    ProblemDetails.secondsUp(retryAfter)));
        }
        return Bytes.wrap(out.toByteArray());
    }

    private static Map<String, Object> ofUser(BulkClaimResult.UserClaim claim, Code code) {
        return Map.of("user", claim.user(), "code", code.wireName());
    }

    private static void line(ByteArrayOutputStream out, Map<String, Object> object) {
        out.writeBytes(Json.write(object));
        out.write('\n');
    }
}
