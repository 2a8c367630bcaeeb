package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Deletes a group at the request of a member, if its user has all devices that are members
/// (invariant I9).
final class GroupDeletionRoute {
    private final GroupLog log;
    private final GroupAccess access;
    private final Pseudonyms pseudonyms;

    private GroupDeletionRoute(GroupLog log, GroupAccess access, Pseudonyms pseudonyms) {
        this.log = log;
        this.access = access;
        this.pseudonyms = pseudonyms;
    }

    static Route route(GroupLog log, GroupAccess access, Pseudonyms pseudonyms) {
        var route = new GroupDeletionRoute(log, access, pseudonyms);
        return new Route(
                HttpMethod.DELETE,
                "/v1/groups/{}",
                Route.BodyRule.NONE,
                new Route.RouteAccess.Authenticated(
                        (client, request) -> route.delete(client, request.parameter(0))));
    }

    private Mono<RouteResponse> delete(ClientId client, String groupText) {
        return GroupPath.groupId(groupText)
                .map(group ->
                        access.of(group, client)
                                .flatMap(found ->
                                        found.refusal()
                                                .map(code -> Mono.just(problem(code)))
                                                .orElseGet(() -> delete(client, group))))
                .orElseGet(() -> Mono.just(GroupPath.problem()));
    }

    /// To be allowed to join by itself does not help here.
    private static RouteResponse problem(Code code) {
        return ProblemDetails.of(code == Code.JOIN_NOT_ALLOWED ? Code.NOT_A_MEMBER : code);
    }

    private Mono<RouteResponse> delete(ClientId client, GroupId group) {
        var member = pseudonyms.member(group, client);
        return log.delete(group, new DeleteCondition.OnlyUser(member))
                .map(outcome ->
                        refusal(outcome)
                                .map(ProblemDetails::of)
                                .orElseGet(
                                        () -> new RouteResponse(204, "", Bytes.EMPTY, Map.of())));
    }

    private static Optional<Code> refusal(DeleteOutcome outcome) {
        return switch (outcome) {
            case DELETED -> Optional.empty();
            case GROUP_MISSING -> Optional.of(Code.UNKNOWN_GROUP);
            case NOT_A_MEMBER -> Optional.of(Code.NOT_A_MEMBER);
            case OTHER_USERS -> Optional.of(Code.GROUP_IN_USE);
            case ANOTHER_INCARNATION ->
                    throw new IllegalStateException("no incarnation was required");
        };
    }
}
