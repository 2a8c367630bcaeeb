package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.directory.MailWelcome;
import io.lockstep.gateway.blob.GroupBlobs;
import io.lockstep.gateway.http.HttpAnswer;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// The caller's inbox: what it holds, and a Welcome in it that is too long for a frame.
final class InboxRoute {
    private final InboxStore inboxes;
    private final GroupBlobs blobs;

    private InboxRoute(InboxStore inboxes, GroupBlobs blobs) {
        this.inboxes = inboxes;
        this.blobs = blobs;
    }

    static List<Route> routes(InboxStore inboxes, GroupBlobs blobs) {
        var route = new InboxRoute(inboxes, blobs);
        return List.of(
                new Route(
                        HttpMethod.GET,
                        "/v1/inbox",
                        Route.Body.NONE,
                        new Route.Access.Authenticated((client, _) -> route.summary(client))),
                new Route(
                        HttpMethod.GET,
                        "/v1/inbox/{}/welcome",
                        Route.Body.NONE,
                        new Route.Access.Authenticated(
                                (client, request) -> route.fetch(client, request.parameter(0)))));
    }

    private Mono<HttpAnswer> summary(ClientId client) {
        return inboxes.summary(client)
                .map(summary ->
                        Json.answer(
                                Map.of(
                                        "pieces", summary.pieces(),
                                        "weight", summary.weight(),
                                        "weight_max", InboxStore.WEIGHT_MAX,
                                        "dropped", summary.dropped())));
    }

    private Mono<HttpAnswer> fetch(ClientId client, String idText) {
        var id = Base64Url.decode(idText);
        if (id.isEmpty()) {
            return Mono.just(ProblemDetails.of(Code.INVALID_REQUEST, "a mail id is base64url"));
        }
        return inboxes.mail(client, id.get())
                .flatMap(this::content)
                .map(welcome -> new HttpAnswer(200, HttpAnswer.MLS, welcome, Map.of()))
                .defaultIfEmpty(ProblemDetails.of(Code.NOT_YOURS));
    }

    private Mono<HttpAnswer.Content> content(Mail mail) {
        return switch (mail.welcome()) {
            case MailWelcome.Whole(var message) -> Mono.just(new HttpAnswer.Content.Whole(message));
            case MailWelcome.Cut cut -> {
                var group = mail.group();
                var sha256 = cut.encryptedGroupInfo().sha256();
                yield blobs.get(group, sha256)
                        .map(shared ->
                                BlobAnswer.content(
                                        cut.head(),
                                        shared.size(),
                                        (from, length) -> blobs.part(group, sha256, from, length)));
            }
        };
    }
}
