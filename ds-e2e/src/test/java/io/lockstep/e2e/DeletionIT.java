package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/// Deletions, as a scan of Redis sees them. A group is deleted through one node while another one
/// serves it: both forget it, and a scan of Redis finds no key of it.
final class DeletionIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final GroupId GROUP = MlsBytes.group("deleted");
    private static final String PATH =
            "/v1/groups/"
                    + Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(GROUP.bytes().toArray());

    @TempDir private Path folder;

    // PROTOCOL R-DELETE-2 R-DELETE-3 R-DELETE-4 R-DELETE-5
    @Test
    void aDeletedGroupLeavesNoKeyAndNoAlarmOnAnyNode() throws Exception {
        try (var server = KillableServer.start(folder.resolve("one"));
                var peer = server.startPeer(folder.resolve("two"));
                var network = ClientNetwork.start(1)) {
            var phone = Clients.connect(network, server, "alice/phone");
            var tablet = Clients.connect(network, peer, "alice/tablet");
            var detached = tablet.events().ofType(ClientEvent.GroupDetached.class).next().cache();
            var _ = detached.subscribe();
            call(
                    phone.createGroup(
                            GROUP,
                            0,
                            GroupPolicy.getDefaultInstance(),
                            MlsBytes.groupInfo(GROUP, 0)));
            upload(server);
            call(phone.send(GROUP, MlsBytes.application(GROUP, 0, "one")));
            call(
                    phone.commit(
                            new CommitBundle(
                                    GROUP,
                                    MlsBytes.commit(GROUP, 0, "adds the tablet"),
                                    Bytes.EMPTY,
                                    Bytes.EMPTY,
                                    Bytes.EMPTY,
                                    List.of("alice/tablet"),
                                    List.of(),
                                    0)));
            call(tablet.attach(GROUP));
            call(tablet.send(GROUP, MlsBytes.application(GROUP, 1, "two")));
            assertThat(groupKeys(server)).hasSizeGreaterThan(7);

            assertThat(server.delete(PATH, "dev:alice/phone")).isEqualTo(204);

            assertThat(groupKeys(server)).isEmpty();
            assertThat(call(detached).code()).isEqualTo("group_deleted");
            assertThat(refusal(phone, "late")).isEqualTo(Code.UNKNOWN_GROUP.wireName());
            assertThat(refusal(tablet, "late")).isEqualTo(Code.UNKNOWN_GROUP.wireName());
            assertThat(server.delete(PATH, "dev:alice/phone")).isEqualTo(404);
            for (var node : List.of(server, peer)) {
                assertThat(metrics(node))
                        .noneMatch(line ->
                                line.matches(
                                        "lockstep_(ordering|fanout)_alarms_total\\{.*} [^0].*"));
            }
            call(tablet.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY));
            call(tablet.send(GROUP, MlsBytes.application(GROUP, 0, "in the second")));
            phone.close();
            tablet.close();
        }
    }

    // PROTOCOL R-ACCOUNT-1
    @Test
    void aDeletedAccountLeavesNoKey() throws Exception {
        try (var server = KillableServer.start(folder.resolve("account"));
                var network = ClientNetwork.start(1);
                var engine = BouncyCastleEngine.start("mls", InstantSource.system())) {
            var config =
                    ClientConfig.of(
                            server.webSocket(),
                            server.http(),
                            () -> "dev:alice/phone",
                            Backoff.ofDefaults(new Random(3)));
            try (var device =
                    call(
                            MemberDevice.create(
                                    "alice/phone",
                                    engine,
                                    network,
                                    config,
                                    new MemberListener() {}))) {
                device.connect().block(PATIENCE);
                device.publishKeyPackages(20).block(PATIENCE);
            }
            assertThat(groupKeys(server)).hasSizeGreaterThan(20);

            assertThat(server.delete("/v1/account", "dev:alice/phone")).isEqualTo(204);

            // What the user owes for its uploads goes by itself, when it is paid.
            assertThat(groupKeys(server)).allMatch(key -> key.endsWith(":uploads"));
        }
    }

    private static void upload(KillableServer server) throws Exception {
        var content = Bytes.wrap("a blob to which nothing refers".getBytes(StandardCharsets.UTF_8));
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(
                                    server.http()
                                            .resolve(PATH + "/blobs/" + content.sha256().hex()))
                            .header("Authorization", "Bearer dev:alice/phone")
                            .header("Content-Type", "application/octet-stream")
                            .PUT(HttpRequest.BodyPublishers.ofByteArray(content.toArray()))
                            .build();
            assertThat(http.send(request, BodyHandlers.discarding()).statusCode()).isEqualTo(201);
        }
    }

    private static String refusal(LockstepClient client, String text) {
        return client.send(GROUP, MlsBytes.application(GROUP, 1, text))
                .map(_ -> "accepted")
                .onErrorResume(RefusedException.class, e -> Mono.just(e.refusal().code()))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private static Set<String> groupKeys(KillableServer server) {
        try (var stored = new StoredKeys(server)) {
            return stored.all();
        }
    }

    private static List<String> metrics(KillableServer server) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create(server.operations() + "/metrics"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body()
                    .lines()
                    .toList();
        }
    }

    private static <T> T call(Mono<T> mono) {
        return Optional.ofNullable(mono.block(PATIENCE)).orElseThrow();
    }
}
