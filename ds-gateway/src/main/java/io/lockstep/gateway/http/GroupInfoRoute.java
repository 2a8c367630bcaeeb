package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.Pseudonyms;
import io.lockstep.log.BlobReference;
import io.lockstep.log.Content;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupPolicy;
import io.lockstep.log.Membership;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.ordering.Author;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// The GroupInfo of a group's current epoch, for whoever may join by external commit (invariant I9).
final class GroupInfoRoute {
    private final GroupLog log;
    private final Pseudonyms pseudonyms;

    private GroupInfoRoute(GroupLog log, Pseudonyms pseudonyms) {
        this.log = log;
        this.pseudonyms = pseudonyms;
    }

    static Route route(GroupLog log, Pseudonyms pseudonyms) {
        var route = new GroupInfoRoute(log, pseudonyms);
        return new Route(
                HttpMethod.GET,
                "/v1/groups/{}/group-info",
                Route.Body.NONE,
                new Route.Access.Authenticated(
                        (client, request) -> route.fetch(client, request.parameter(0))));
    }

    private Mono<HttpAnswer> fetch(ClientId client, String groupText) {
        GroupId group;
        try {
            group = new GroupId(Bytes.wrap(Base64.getUrlDecoder().decode(groupText)));
        } catch (IllegalArgumentException e) {
            return Mono.just(
                    ProblemDetails.of(
                            Code.INVALID_REQUEST, "a group id is 1 to 255 bytes in base64url"));
        }
        var author = pseudonyms.author(group, client);
        return log.policy(group)
                .flatMap(policy ->
                        policy.isEmpty()
                                ? Mono.just(ProblemDetails.of(Code.UNKNOWN_GROUP, "no such group"))
                                : fetch(group, author, policy.get()));
    }

    private Mono<HttpAnswer> fetch(GroupId group, Author author, GroupPolicy policy) {
        return log.membership(group, author.member())
                .defaultIfEmpty(Optional.empty())
                .flatMap(membership -> refusal(group, author, policy, membership))
                .flatMap(refusal ->
                        refusal.map(code -> Mono.just(ProblemDetails.of(code, code.meaning())))
                                .orElseGet(() -> groupInfo(group)));
    }

    /// Why this client may not; empty when it may.
    private Mono<Optional<Code>> refusal(
            GroupId group, Author author, GroupPolicy policy, Optional<Membership> membership) {
        if (membership.map(Membership::isCurrent).orElse(false)) {
            return Mono.just(Optional.empty());
        }
        var outside = membership.isPresent() ? Code.REMOVED : Code.JOIN_NOT_ALLOWED;
        return switch (policy.externalJoin()) {
            case OPEN -> Mono.just(Optional.empty());
            case MEMBERS -> Mono.just(Optional.of(outside));
            case DEVICES ->
                    log.hasDeviceOf(group, author.owner())
                            .map(has -> has ? Optional.<Code>empty() : Optional.of(outside));
        };
    }

    private Mono<HttpAnswer> groupInfo(GroupId group) {
        return log.groupInfo(group)
                .defaultIfEmpty(Optional.empty())
                .map(stored ->
                        stored.map(GroupInfoRoute::answer)
                                .orElseGet(() ->
                                        ProblemDetails.of(
                                                Code.NO_GROUP_INFO, Code.NO_GROUP_INFO.meaning())));
    }

    private static Bytes inline(Content content) {
        return switch (content) {
            case Content.Inline(var bytes) -> bytes;
            case BlobReference apart ->
                    throw new IllegalStateException("no way to fetch " + apart + " yet");
        };
    }

    private static HttpAnswer answer(StoredGroupInfo stored) {
        return new HttpAnswer(
                200,
                HttpAnswer.MLS,
                inline(stored.content()),
                Map.of("lockstep-epoch", Long.toString(stored.epoch())));
    }
}
