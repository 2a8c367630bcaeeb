package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.log.Departures;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.PolicyCodec;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.runtime.ReadPermits;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Returns the state of a group, with its policy, to a member (invariant I9).
final class GroupStateRoute {
    /// Requests that read at a time on this node; others wait.
    private static final int READS_MAX = 4;

    private final GroupLog log;
    private final GroupAccess access;
    private final ReadPermits permits = new ReadPermits(READS_MAX);

    private GroupStateRoute(GroupLog log, GroupAccess access) {
        this.log = log;
        this.access = access;
    }

    static Route route(GroupLog log, GroupAccess access) {
        var route = new GroupStateRoute(log, access);
        return new Route(
                HttpMethod.GET,
                "/v1/groups/{}",
                Route.BodyRule.NONE,
                new Route.RouteAccess.Authenticated(
                        (client, request) -> route.get(client, request.parameter(0))));
    }

    private Mono<RouteResponse> get(ClientId client, String groupText) {
        return GroupPath.groupId(groupText)
                .map(group ->
                        access.ofMember(group, client)
                                .flatMap(found ->
                                        found.refusal()
                                                .map(code -> Mono.just(ProblemDetails.of(code)))
                                                .orElseGet(() -> permits.run(state(group)))))
                .orElseGet(() -> Mono.just(GroupPath.problem()));
    }

    private Mono<RouteResponse> state(GroupId group) {
        return log.load(group, 0)
                .switchIfEmpty(
                        Mono.error(() -> new LogUnavailableException("group state", group, null)))
                .zipWhen(_ -> log.groupInfo(group))
                .map(read -> Json.answer(json(read.getT1(), read.getT2())));
    }

    private static Map<String, Object> json(
            GroupSnapshot snapshot, Optional<StoredGroupInfo> info) {
        var tail = snapshot.tail();
        var json = new LinkedHashMap<String, Object>();
        json.put("incarnation", tail.last().incarnation().hex());
        json.put("position", tail.position());
        json.put("first_position", tail.firstRetained());
        json.put("epoch", tail.epoch());
        json.put("policy", json(snapshot.policy()));
        json.put(
                "provisional",
                snapshot.provisional().commits().stream()
                        .map(ProvisionalCommit::position)
                        .toList());
        json.put(
                "left",
                snapshot.departures().clients().stream()
                        .filter(Departures.DepartedClient::isWaiting)
                        .map(Departures.DepartedClient::client)
                        .toList());
        json.put("frozen", snapshot.frozenAt() > 0);
        info.ifPresent(stored -> json.put("group_info_epoch", stored.epoch()));
        snapshot.succession()
                .successor()
                .ifPresent(successor ->
                        json.put(
                                "successor_group_id",
                                Base64.getEncoder().encodeToString(successor.bytes().toArray())));
        return json;
    }

    private static Map<String, Object> json(GroupRules rules) {
        var policy = PolicyCodec.encode(rules);
        var json = new LinkedHashMap<String, Object>();
        json.put("past_epochs", policy.getPastEpochs());
        json.put("external_join", policy.getExternalJoin().name());
        json.put("retention_seconds", policy.getRetentionSeconds());
        json.put("void_after", policy.getVoidAfter());
        if (policy.hasRetentionBytes()) {
            json.put("retention_bytes", policy.getRetentionBytes());
        }
        json.put("reinit", policy.getReinit().name());
        json.put("change", policy.getChange().name());
        return json;
    }
}
