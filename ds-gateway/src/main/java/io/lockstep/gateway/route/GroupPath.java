package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// Parses a group id in a path, and refuses clients that may not use the group (invariant I9).
public final class GroupPath {
    public static final String RULE = "a group id is 1 to 255 bytes in base64url";

    private GroupPath() {}

    public static Optional<GroupId> groupId(String base64Url) {
        return Base64Url.decode(base64Url)
                .filter(bytes -> !bytes.isEmpty() && bytes.size() <= GroupId.BYTES_MAX)
                .map(GroupId::new);
    }

    static RouteResponse problem() {
        return ProblemDetails.of(Code.INVALID_REQUEST, RULE);
    }

    /// The answer to a member or a client that may join by itself; a refusal to all others.
    static Mono<RouteResponse> granted(
            GroupAccess access,
            ClientId client,
            String base64Url,
            Function<GroupId, Mono<RouteResponse>> answer) {
        return groupId(base64Url)
                .map(group -> granted(access, client, group, () -> answer.apply(group)))
                .orElseGet(() -> Mono.just(problem()));
    }

    static Mono<RouteResponse> granted(
            GroupAccess access,
            ClientId client,
            GroupId group,
            Supplier<Mono<RouteResponse>> answer) {
        return access.of(group, client)
                .flatMap(found ->
                        found.refusal()
                                .map(code -> Mono.just(ProblemDetails.of(code)))
                                .orElseGet(answer));
    }
}
