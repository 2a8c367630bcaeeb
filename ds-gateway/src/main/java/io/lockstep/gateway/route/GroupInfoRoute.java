package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.blob.GroupBlobs;
import io.lockstep.gateway.http.HttpAnswer;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.log.BlobReference;
import io.lockstep.log.Content;
import io.lockstep.log.GroupLog;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.HashMap;
import reactor.core.publisher.Mono;

/// The GroupInfo of a group's current epoch, for whoever may join by external commit (invariant I9).
final class GroupInfoRoute {
    /// Where the tree is: its SHA-256 in hex and its size, a blob of the group.
    private static final String TREE = "lockstep-ratchet-tree";

    private final GroupLog log;
    private final GroupAccess access;
    private final GroupBlobs blobs;

    private GroupInfoRoute(GroupLog log, GroupAccess access, GroupBlobs blobs) {
        this.log = log;
        this.access = access;
        this.blobs = blobs;
    }

    static Route route(GroupLog log, GroupAccess access, GroupBlobs blobs) {
        var route = new GroupInfoRoute(log, access, blobs);
        return new Route(
                HttpMethod.GET,
                "/v1/groups/{}/group-info",
                Route.Body.NONE,
                new Route.Access.Authenticated(
                        (client, request) -> route.fetch(client, request.parameter(0))));
    }

    private Mono<HttpAnswer> fetch(ClientId client, String groupText) {
        return GroupPath.groupId(groupText)
                .map(group ->
                        access.of(group, client)
                                .flatMap(found ->
                                        found.refusal()
                                                .map(code -> Mono.just(ProblemDetails.of(code)))
                                                .orElseGet(() -> groupInfo(group))))
                .orElseGet(() -> Mono.just(GroupPath.problem()));
    }

    private Mono<HttpAnswer> groupInfo(GroupId group) {
        return log.groupInfo(group)
                .flatMap(Mono::justOrEmpty)
                .flatMap(stored ->
                        content(group, stored.content()).map(content -> answer(stored, content)))
                .defaultIfEmpty(ProblemDetails.of(Code.NO_GROUP_INFO));
    }

    private Mono<HttpAnswer.Content> content(GroupId group, Content content) {
        return switch (content) {
            case Content.Inline(var bytes) -> Mono.just(new HttpAnswer.Content.Whole(bytes));
            case BlobReference(var sha256, _) ->
                    blobs.get(group, sha256)
                            .map(bytes ->
                                    BlobAnswer.content(
                                            bytes,
                                            (from, length) ->
                                                    blobs.part(group, sha256, from, length)));
        };
    }

    private static HttpAnswer answer(StoredGroupInfo stored, HttpAnswer.Content content) {
        var headers = new HashMap<String, String>();
        headers.put("lockstep-epoch", Long.toString(stored.epoch()));
        stored.ratchetTree().ifPresent(tree -> headers.put(TREE, tree(tree)));
        return new HttpAnswer(200, HttpAnswer.MLS, content, headers);
    }

    private static String tree(BlobReference tree) {
        return tree.sha256().hex() + ";size=" + tree.size();
    }
}
