package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.GroupAccess.Access;
import io.lockstep.gateway.access.RateLimiter;
import io.lockstep.gateway.blob.GroupBlobs;
import io.lockstep.gateway.http.HttpAnswer;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.limits.BlobLimits;
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

/// Blobs of a group: put by whoever may write to it or join it by itself, got by the same and by whom the log
/// showed an entry that refers to it (invariant I9).
final class BlobRoutes {
    private static final String PATTERN = "/v1/groups/{}/blobs/{}";

    private final GroupAccess access;
    private final GroupBlobs blobs;
    private final RateLimiter<ClientId> rates;

    private BlobRoutes(GroupAccess access, GroupBlobs blobs, RateLimiter<ClientId> rates) {
        this.access = access;
        this.blobs = blobs;
        this.rates = rates;
    }

    static List<Route> routes(
            GroupAccess access, GroupBlobs blobs, RateLimiter<ClientId> rates, BlobLimits limits) {
        var routes = new BlobRoutes(access, blobs, rates);
        return List.of(
                new Route(
                        HttpMethod.PUT,
                        PATTERN,
                        new Route.Body(limits.blobBytesMax(), HttpAnswer.BYTES),
                        new Route.Access.Authenticated((client, request) ->
                                named(
                                        request,
                                        (group, sha256) ->
                                                routes.put(client, group, sha256, request)))),
                new Route(
                        HttpMethod.GET,
                        PATTERN,
                        Route.Body.NONE,
                        new Route.Access.Authenticated((client, request) ->
                                named(
                                        request,
                                        (group, sha256) ->
                                                routes.get(client, group, sha256, request)))));
    }

    private static Mono<HttpAnswer> named(
            Request request, BiFunction<GroupId, Bytes, Mono<HttpAnswer>> route) {
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

    private Mono<HttpAnswer> put(ClientId client, GroupId group, Bytes sha256, Request request) {
        var content = request.body();
        if (content.isEmpty()) {
            return Mono.just(ProblemDetails.of(Code.INVALID_REQUEST, "a blob has a byte or more"));
        }
        var wait = rates.take(client, content.size());
        if (wait.isPresent()) {
            return Mono.just(
                    ProblemDetails.rateLimited(
                            "too many bytes uploaded in too short a time", wait.get()));
        }
        return access.of(group, client)
                .flatMap(granted ->
                        granted.refusal()
                                .map(code -> Mono.just(refused(code)))
                                .orElseGet(() -> put(group, sha256, content)));
    }

    private Mono<HttpAnswer> put(GroupId group, Bytes sha256, Bytes content) {
        // Hashing 16 MiB takes tens of milliseconds.
        return Mono.fromSupplier(() -> content.sha256().equals(sha256))
                .subscribeOn(Schedulers.parallel())
                .flatMap(right ->
                        right
                                ? blobs.put(group, sha256, content)
                                        .map(fresh -> stored(fresh, sha256))
                                : Mono.just(
                                        ProblemDetails.of(
                                                Code.REFERENCE_MISMATCH,
                                                "the body has another SHA-256")));
    }

    private static HttpAnswer stored(boolean fresh, Bytes sha256) {
        return new HttpAnswer(
                fresh ? 201 : 200, "", Bytes.EMPTY, Map.of("etag", BlobAnswer.etag(sha256)));
    }

    private Mono<HttpAnswer> get(ClientId client, GroupId group, Bytes sha256, Request request) {
        return access.of(group, client)
                .flatMap(found ->
                        switch (found) {
                            case Access.Granted _ -> get(group, sha256, request);
                            case Access.None(var code) -> Mono.just(refused(code));
                            case Access.Former(var lastVisible) ->
                                    blobs.info(group, sha256)
                                            .filter(info -> info.isShownUpTo(lastVisible))
                                            .flatMap(_ -> get(group, sha256, request))
                                            .defaultIfEmpty(refused(Code.REMOVED));
                        });
    }

    private Mono<HttpAnswer> get(GroupId group, Bytes sha256, Request request) {
        if (BlobAnswer.isKnown(request, sha256)) {
            return Mono.just(BlobAnswer.notModified(sha256));
        }
        return blobs.get(group, sha256)
                .map(content ->
                        BlobAnswer.of(
                                request,
                                HttpAnswer.BYTES,
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

    private static HttpAnswer refused(Code code) {
        return ProblemDetails.of(code);
    }
}
