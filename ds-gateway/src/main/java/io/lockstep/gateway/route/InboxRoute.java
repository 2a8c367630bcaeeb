package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxWelcome;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// Answers requests for the caller's inbox: how much is in it, and one Welcome, which may be too
/// long for a frame.
final class InboxRoute {
    private final InboxStore inboxes;
    private final BlobCache blobs;

    private InboxRoute(InboxStore inboxes, BlobCache blobs) {
        this.inboxes = inboxes;
        this.blobs = blobs;
    }

    static List<Route> routes(InboxStore inboxes, BlobCache blobs) {
        var route = new InboxRoute(inboxes, blobs);
        return List.of(
                new Route(
                        HttpMethod.GET,
                        "/v1/inbox",
                        Route.BodyRule.NONE,
                        new Route.RouteAccess.Authenticated((client, _) -> route.summary(client))),
                new Route(
                        HttpMethod.GET,
                        "/v1/inbox/{}/welcome",
                        Route.BodyRule.NONE,
                        new Route.RouteAccess.Authenticated(
                                (client, request) -> route.fetch(client, request.parameter(0)))));
    }

    private Mono<RouteResponse> summary(ClientId client) {
        return inboxes.summary(client)
                .map(summary ->
                        Json.answer(
                                Map.of(
                                        "pieces", summary.items(),
                                        "weight", summary.weight(),
                                        "weight_max", InboxStore.WEIGHT_MAX,
                                        "dropped", summary.dropped())));
    }

    private Mono<RouteResponse> fetch(ClientId client, String idText) {
        var id = Base64Url.decode(idText);
        if (id.isEmpty()) {
            return Mono.just(
                    ProblemDetails.of(Code.INVALID_REQUEST, "an item id must be base64url"));
        }
        return inboxes.item(client, id.get())
                .flatMap(this::content)
                .map(welcome -> new RouteResponse(200, RouteResponse.MLS, welcome, Map.of()))
                .defaultIfEmpty(ProblemDetails.of(Code.NOT_YOURS));
    }

    private Mono<RouteResponse.ResponseContent> content(InboxItem item) {
        return switch (item.welcome()) {
            case InboxWelcome.WholeWelcome(var message) ->
                    Mono.just(new RouteResponse.ResponseContent.FullContent(message));
            case InboxWelcome.SplitWelcome cut -> {
                var group = item.group();
                var sha256 = cut.encryptedGroupInfo().sha256();
                yield blobs.get(group, sha256)
                        .map(shared ->
                                BlobResponse.content(
                                        cut.head(),
                                        shared.size(),
                                        (from, length) -> blobs.part(group, sha256, from, length)));
            }
        };
    }
}
