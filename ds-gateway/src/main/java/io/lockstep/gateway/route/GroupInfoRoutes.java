package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.RateLimiter;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.gateway.quota.Quotas;
import io.lockstep.gateway.submission.GroupInfoRule;
import io.lockstep.log.BlobReference;
import io.lockstep.log.GroupInfoOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.PartContent;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The GroupInfo of a group's current epoch. A client that may join by external commit gets it; a
/// member may put it where the commit of the epoch brought none (invariant I9).
final class GroupInfoRoutes {
    private static final String PATTERN = "/v1/groups/{}/group-info";

    private final GroupLog log;
    private final GroupAccess access;
    private final BlobCache blobs;
    private final Quotas quotas;
    private final RateLimiter<ClientId> uploads;
    private final BlobLimits limits;
    private final int inlineBytesMax;

    private GroupInfoRoutes(
            GroupLog log,
            GroupAccess access,
            BlobCache blobs,
            Quotas quotas,
            RateLimiter<ClientId> uploads,
            BlobLimits limits,
            int inlineBytesMax) {
        this.log = log;
        this.access = access;
        this.blobs = blobs;
        this.quotas = quotas;
        this.uploads = uploads;
        this.limits = limits;
        this.inlineBytesMax = inlineBytesMax;
    }

    /// @param uploads the rates of uploaded blobs, which a GroupInfo and its tree share
    /// @param inlineBytesMax a longer GroupInfo is stored as a blob
    static List<Route> routes(
            GroupLog log,
            GroupAccess access,
            BlobCache blobs,
            Quotas quotas,
            RateLimiter<ClientId> uploads,
            BlobLimits limits,
            int inlineBytesMax) {
        var routes =
                new GroupInfoRoutes(log, access, blobs, quotas, uploads, limits, inlineBytesMax);
        return List.of(
                new Route(
                        HttpMethod.GET,
                        PATTERN,
                        Route.BodyRule.NONE,
                        new Route.RouteAccess.Authenticated(routes::get)),
                new Route(
                        HttpMethod.PUT,
                        PATTERN,
                        new Route.BodyRule(limits.blobBytesMax(), RouteResponse.MLS),
                        new Route.RouteAccess.Authenticated(routes::put)));
    }

    private Mono<RouteResponse> get(ClientId client, Request request) {
        return GroupPath.groupId(request.parameter(0))
                .map(group ->
                        access.of(group, client)
                                .flatMap(found ->
                                        found.refusal()
                                                .map(code -> Mono.just(ProblemDetails.of(code)))
                                                .orElseGet(() -> current(group))))
                .orElseGet(() -> Mono.just(GroupPath.problem()));
    }

    /// The epoch is read first. If a commit brings a newer GroupInfo meanwhile, the answer is that
    /// of the instant of this commit: the epoch has no proposals yet.
    private Mono<RouteResponse> current(GroupId group) {
        return snapshot(group)
                .flatMap(snapshot ->
                        log.groupInfo(group)
                                .flatMap(Mono::justOrEmpty)
                                .flatMap(stored -> answer(group, snapshot, stored)))
                .defaultIfEmpty(ProblemDetails.of(Code.NO_GROUP_INFO));
    }

    private Mono<GroupSnapshot> snapshot(GroupId group) {
        return log.load(group, 0)
                .switchIfEmpty(
                        Mono.error(() -> new LogUnavailableException("GroupInfo", group, null)));
    }

    private Mono<RouteResponse> answer(
            GroupId group, GroupSnapshot snapshot, StoredGroupInfo stored) {
        long epoch = snapshot.tail().epoch();
        if (stored.epoch() < epoch) {
            return Mono.just(
                    ProblemDetails.of(
                            Code.GROUP_INFO_STALE,
                            "the stored GroupInfo is of epoch "
                                    + stored.epoch()
                                    + ", the group is in "
                                    + epoch));
        }
        var headers = new HashMap<String, String>();
        headers.put(GroupHeaders.EPOCH, Long.toString(stored.epoch()));
        stored.ratchetTree()
                .ifPresent(tree -> headers.put(GroupHeaders.TREE, GroupHeaders.tree(tree)));
        if (stored.epoch() == epoch && !snapshot.proposals().isEmpty()) {
            headers.put(GroupHeaders.PROPOSALS, GroupHeaders.proposals(snapshot.proposals()));
        }
        return content(group, stored.content())
                .map(content -> new RouteResponse(200, RouteResponse.MLS, content, headers));
    }

    private Mono<RouteResponse.ResponseContent> content(GroupId group, PartContent content) {
        return switch (content) {
            case PartContent.Inline(var bytes) ->
                    Mono.just(new RouteResponse.ResponseContent.FullContent(bytes));
            case BlobReference(var sha256, _) ->
                    blobs.get(group, sha256)
                            .map(bytes ->
                                    BlobResponse.content(
                                            bytes,
                                            (from, length) ->
                                                    blobs.part(group, sha256, from, length)));
        };
    }

    /// A GroupInfo that a member puts.
    ///
    /// @param seen the last position that the member has applied
    private record Upload(GroupId group, Bytes body, Optional<BlobReference> tree, long seen) {
        long bytes() {
            return body.size() + tree.map(BlobReference::size).orElse(0L);
        }
    }

    private Mono<RouteResponse> put(ClientId client, Request request) {
        Upload upload;
        try {
            upload = upload(request);
        } catch (RefusalException e) {
            return Mono.just(ProblemDetails.of(e.refusal()));
        }
        // A check costs what the tree costs, however often the tree was uploaded.
        var wait = uploads.take(client, Math.min(upload.bytes(), limits.uploadBurstBytes()));
        if (wait.isPresent()) {
            return Mono.just(
                    ProblemDetails.rateLimited("this client exceeded its upload rate", wait.get()));
        }
        var postponed = quotas.ofUpload(client, upload.body().size());
        if (postponed.isPresent()) {
            return Mono.just(
                    ProblemDetails.postponed(
                            postponed.get().refusal(), postponed.get().retryAfter()));
        }
        return access.ofMember(upload.group(), client)
                .flatMap(found ->
                        found.refusal()
                                .map(code -> Mono.just(ProblemDetails.of(code)))
                                .orElseGet(() ->
                                        blobs.inTurn(check(upload))
                                                .doOnNext(
                                                        answer -> count(answer, client, upload))));
    }

    private void count(RouteResponse answer, ClientId client, Upload upload) {
        if (answer.status() < 300) {
            quotas.uploaded(client, upload.body().size());
        }
    }

    private Upload upload(Request request) throws RefusalException {
        var group = GroupPath.groupId(request.parameter(0));
        if (group.isEmpty()) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "a group id is 1 to 255 bytes in base64url");
        }
        if (MediaVersion.of(request).orElse(0) != MediaVersion.MLS10) {
            throw new RefusalException(
                    Code.UNSUPPORTED_MEDIA_TYPE, "a GroupInfo is of MLS 1.0, version=1.0");
        }
        return new Upload(
                group.get(),
                request.body(),
                GroupHeaders.tree(request, limits.blobBytesMax()),
                GroupHeaders.position(request));
    }

    private Mono<RouteResponse> check(Upload upload) {
        return snapshot(upload.group())
                .publishOn(Schedulers.boundedElastic())
                .flatMap(snapshot -> {
                    try {
                        long epoch = GroupInfoRule.read(upload.body(), upload.group()).epoch();
                        return epoch == snapshot.tail().epoch()
                                ? withTree(upload, snapshot.tail())
                                : Mono.just(anotherEpoch(epoch, snapshot.tail()));
                    } catch (RefusalException e) {
                        return Mono.just(ProblemDetails.of(e.refusal()));
                    }
                });
    }

    private static RouteResponse anotherEpoch(long epoch, GroupTail tail) {
        if (epoch == tail.epoch()) {
            return ProblemDetails.of(
                    Code.EPOCH_CONFLICT, "a void came after the position of this request");
        }
        return ProblemDetails.of(
                epoch < tail.epoch() ? Code.EPOCH_CONFLICT : Code.EPOCH_FROM_THE_FUTURE,
                "the GroupInfo is of epoch " + epoch + ", the group is in " + tail.epoch());
    }

    private Mono<RouteResponse> withTree(Upload upload, GroupTail tail) {
        if (upload.tree().isEmpty()) {
            return checked(upload, tail, Bytes.EMPTY);
        }
        var tree = upload.tree().get();
        return blobs.get(upload.group(), tree.sha256())
                .publishOn(Schedulers.boundedElastic())
                .flatMap(bytes ->
                        bytes.size() == tree.size()
                                ? checked(upload, tail, bytes)
                                : Mono.just(ProblemDetails.of(Code.REFERENCE_MISMATCH)))
                .switchIfEmpty(Mono.fromSupplier(GroupInfoRoutes::unknownReference));
    }

    private Mono<RouteResponse> checked(Upload upload, GroupTail tail, Bytes tree) {
        return GroupInfoRule.broken(upload.body(), tree)
                .map(detail -> Mono.just(ProblemDetails.of(Code.INVALID_GROUP_INFO, detail)))
                .orElseGet(() ->
                        stored(upload)
                                .map(content ->
                                        new StoredGroupInfo(tail.epoch(), content, upload.tree()))
                                .flatMap(info -> file(upload, tail.last().incarnation(), info)));
    }

    private Mono<PartContent> stored(Upload upload) {
        var body = upload.body();
        return body.size() <= inlineBytesMax
                ? Mono.just(new PartContent.Inline(body))
                : blobs.put(upload.group(), body.sha256(), body).thenReturn(BlobReference.to(body));
    }

    private Mono<RouteResponse> file(Upload upload, Bytes incarnation, StoredGroupInfo groupInfo) {
        return log.fileGroupInfo(upload.group(), incarnation, upload.seen(), groupInfo)
                .map(outcome ->
                        switch (outcome) {
                            case GroupInfoOutcome.Filed _ -> filed(groupInfo.epoch());
                            case GroupInfoOutcome.EpochDiffers(var tail) ->
                                    anotherEpoch(groupInfo.epoch(), tail);
                            case GroupInfoOutcome.BlobsMissing _ -> unknownReference();
                            case GroupInfoOutcome.GroupMissing _ ->
                                    ProblemDetails.of(Code.UNKNOWN_GROUP);
                        });
    }

    private static RouteResponse filed(long epoch) {
        return new RouteResponse(
                204, "", Bytes.EMPTY, Map.of(GroupHeaders.EPOCH, Long.toString(epoch)));
    }

    private static RouteResponse unknownReference() {
        return ProblemDetails.of(
                Code.UNKNOWN_REFERENCE, 404, "no such blob of this group", Map.of());
    }
}
