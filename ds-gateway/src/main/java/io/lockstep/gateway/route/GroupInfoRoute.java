package io.lockstep.gateway.route;

import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.log.BlobReference;
import io.lockstep.log.GroupLog;
import io.lockstep.log.PartContent;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.HashMap;
import reactor.core.publisher.Mono;

/// Returns the GroupInfo of a group's current epoch to a client that may join by external commit
/// (invariant I9).
final class GroupInfoRoute {
    /// The blob of the tree: its SHA-256 in hex, and its size.
    private static final String TREE = "lockstep-ratchet-tree";

    private final GroupLog log;
    private final BlobCache blobs;

    private GroupInfoRoute(GroupLog log, BlobCache blobs) {
        this.log = log;
        this.blobs = blobs;
    }

    static Route route(GroupLog log, GroupAccess access, BlobCache blobs) {
        var route = new GroupInfoRoute(log, blobs);
        return new Route(
                HttpMethod.GET,
                "/v1/groups/{}/group-info",
                Route.BodyRule.NONE,
                new Route.RouteAccess.Authenticated((client, request) ->
                        GroupPath.granted(access, client, request.parameter(0), route::groupInfo)));
    }

    private Mono<RouteResponse> groupInfo(GroupId group) {
        return log.groupInfo(group)
                .flatMap(Mono::justOrEmpty)
                .flatMap(stored ->
                        content(group, stored.content()).map(content -> answer(stored, content)))
                .defaultIfEmpty(ProblemDetails.of(Code.NO_GROUP_INFO));
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

    private static RouteResponse answer(
            StoredGroupInfo stored, RouteResponse.ResponseContent content) {
        var headers = new HashMap<String, String>();
        headers.put("lockstep-epoch", Long.toString(stored.epoch()));
        stored.ratchetTree().ifPresent(tree -> headers.put(TREE, tree(tree)));
        return new RouteResponse(200, RouteResponse.MLS, content, headers);
    }

    private static String tree(BlobReference tree) {
        return tree.sha256().hex() + ";size=" + tree.size();
    }
}
