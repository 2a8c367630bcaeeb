package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.GroupAccess.AccessResult;
import io.lockstep.gateway.access.RateLimiter;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.gateway.quota.Quotas;
import io.lockstep.log.BlobReference;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The blobs of a group. A client may put a blob if it may write to the group or may join it by
/// itself. The same clients may get one, and so may a client to which the log showed an entry that
/// refers to the blob (invariant I9).
final class BlobRoutes {
    private static final String PATTERN = "/v1/groups/{}/blobs/{}";

    private final GroupAccess access;
    private final BlobCache blobs;
    private final Quotas quotas;
    private final RateLimiter<ClientId> rates;

    private BlobRoutes(
            GroupAccess access, BlobCache blobs, Quotas quotas, RateLimiter<ClientId> rates) {
        this.access = access;
        this.blobs = blobs;
        this.quotas = quotas;
        this.rates = rates;
    }

    static List<Route> routes(
            GroupAccess access,
            BlobCache blobs,
            Quotas quotas,
            RateLimiter<ClientId> rates,
            BlobLimits limits) {
        var routes = new BlobRoutes(access, blobs, quotas, rates);
        return List.of(
                new Route(
                        HttpMethod.PUT,
                        PATTERN,
                        new Route.BodyRule(limits.blobBytesMax(), RouteResponse.BYTES),
                        new Route.RouteAccess.Authenticated((client, request) ->
                                named(
                                        request,
                                        (group, sha256) ->
                                                routes.put(client, group, sha256, request)))),
                new Route(
                        HttpMethod.GET,
                        PATTERN,
                        Route.BodyRule.NONE,
                        new Route.RouteAccess.Authenticated((client, request) ->
                                named(
                                        request,
                                        (group, sha256) ->
                                                routes.get(client, group, sha256, request)))));
    }

    private static Mono<RouteResponse> named(
            Request request, BiFunction<GroupId, Bytes, Mono<RouteResponse>> route) {
        var group = GroupPath.groupId(request.parameter(0));
        var sha256 = sha256(request.parameter(1));
        if (group.isEmpty()) {
            return Mono.just(GroupPath.problem());
        }
        if (sha256.isEmpty()) {
            return Mono.just(
                    ProblemDetails.of(
                            Code.INVALID_REQUEST, "a blob is named by its SHA-256, 64 hex digits"));
        }
        return route.apply(group.get(), sha256.get());
    }

    private static Optional<Bytes> sha256(String hex) {
        try {
            var bytes = Bytes.ofHex(hex);
            return bytes.size() == BlobReference.SHA256_BYTES
                    ? Optional.of(bytes)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Mono<RouteResponse> put(ClientId client, GroupId group, Bytes sha256, Request request) {
        var content = request.body();
        if (content.isEmpty()) {
            return Mono.just(
                    ProblemDetails.of(Code.INVALID_REQUEST, "a blob must have at least 1 byte"));
        }
        var wait = rates.take(client, content.size());
        if (wait.isPresent()) {
            return Mono.just(
                    ProblemDetails.rateLimited("this client exceeded its upload rate", wait.get()));
        }
        var postponed = quotas.ofUpload(client, content.size());
        if (postponed.isPresent()) {
            return Mono.just(
                    ProblemDetails.postponed(
                            postponed.get().refusal(), postponed.get().retryAfter()));
        }
        return GroupPath.granted(access, client, group, () -> put(client, group, sha256, content));
    }

    private Mono<RouteResponse> put(ClientId client, GroupId group, Bytes sha256, Bytes content) {
        // Hashing 16 MiB takes tens of milliseconds.
        return Mono.fromSupplier(() -> content.sha256().equals(sha256))
                .subscribeOn(Schedulers.parallel())
                .flatMap(right ->
                        right
                                ? blobs.put(group, sha256, content)
                                        .doOnNext(fresh -> count(fresh, client, content))
                                        .map(fresh -> stored(fresh, sha256))
                                : Mono.just(
                                        ProblemDetails.of(
                                                Code.REFERENCE_MISMATCH,
                                                "the body does not have this SHA-256")));
    }

    private void count(boolean fresh, ClientId client, Bytes content) {
        if (fresh) {
            quotas.uploaded(client, content.size());
        }
    }

    private static RouteResponse stored(boolean fresh, Bytes sha256) {
        return new RouteResponse(
                fresh ? 201 : 200, "", Bytes.EMPTY, Map.of("etag", BlobResponse.etag(sha256)));
    }

    private Mono<RouteResponse> get(ClientId client, GroupId group, Bytes sha256, Request request) {
        return access.of(group, client)
                .flatMap(found ->
                        switch (found) {
                            case AccessResult.Granted _ -> get(group, sha256, request);
                            case AccessResult.NoAccess(var code) -> Mono.just(refused(code));
                            case AccessResult.FormerMemberAccess(var lastVisible) ->
                                    blobs.info(group, sha256)
                                            .filter(info -> info.isShownUpTo(lastVisible))
                                            .flatMap(_ -> get(group, sha256, request))
                                            .defaultIfEmpty(refused(Code.REMOVED));
                        });
    }

    private Mono<RouteResponse> get(GroupId group, Bytes sha256, Request request) {
        if (BlobResponse.isKnown(request, sha256)) {
            return Mono.just(BlobResponse.notModified(sha256));
        }
        return blobs.get(group, sha256)
                .map(content ->
                        BlobResponse.of(
                                request,
                                RouteResponse.BYTES,
                                sha256,
                                content,
                                (from, length) -> blobs.part(group, sha256, from, length),
                                Map.of()))
                .defaultIfEmpty(
                        ProblemDetails.of(
                                Code.UNKNOWN_REFERENCE,
                                404,
                                "no such blob of this group",
                                Map.of()));
    }

    private static RouteResponse refused(Code code) {
        return ProblemDetails.of(code);
    }
}
