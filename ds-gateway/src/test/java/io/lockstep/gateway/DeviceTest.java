package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.TokenGrant;
import io.lockstep.directory.ClaimOutcome;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.InboxItem;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ServerFrame;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// A user's devices: listed and revoked.
final class DeviceTest {
    private static final ClientId PHONE = new ClientId("alice", "phone");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    private HttpResponse<String> ask(String client, String method, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(server.http(path))
                        .header("authorization", "Bearer dev:" + client)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void theDevicesOfAUserAreThoseThatPublished() throws Exception {
        server.keyPackageOf(PHONE);
        server.keyPackageOf(new ClientId("alice", "laptop"));
        server.keyPackageOf(new ClientId("bob", "phone"));
        var answer = ask("alice/phone", "GET", "/v1/devices");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"user\":\"alice\"")
                .contains("\"device\":\"laptop\"", "\"device\":\"phone\"", "\"this\":true")
                .doesNotContain("bob");
    }

    // PROTOCOL R-ACCOUNT-1 R-ACCOUNT-2 R-ACCOUNT-3
    @Test
    void aDeletedAccountHasNoDevicesAndStaysOnItsRosters() throws Exception {
        var ref = server.keyPackageOf(PHONE);
        server.keyPackageOf(new ClientId("alice", "laptop"));
        try (var phone = TestClient.open(server, "alice/phone")) {
            phone.accepted(phone.create(group("stays")));

            assertThat(ask("alice/phone", "DELETE", "/v1/account").statusCode()).isEqualTo(204);
            assertThat(ask("alice/phone", "DELETE", "/v1/account").statusCode()).isEqualTo(204);

            assertThat(ask("alice/phone", "GET", "/v1/devices").body()).contains("\"devices\":[]");
            assertThat(server.keyPackages.owners(List.of(ref)).block()).isEmpty();
            assertThat(server.isMember(group("stays"), "alice/phone")).isTrue();
            server.keyPackageOf(PHONE);
            assertThat(ask("alice/phone", "GET", "/v1/devices").body()).contains("phone");
        }
    }

    // PROTOCOL R-DEV-1 R-DEV-2
    @Test
    void aRevokedDeviceIsDisconnectedAtOnceAndStaysOut() throws Exception {
        try (var phone = TestClient.open(server, "alice/phone");
                var laptop = TestClient.open(server, "alice/laptop");
                var bob = TestClient.open(server, "bob/phone")) {
            phone.accepted(phone.create(group("before")));
            assertThat(ask("alice/laptop", "DELETE", "/v1/devices/phone").statusCode())
                    .isEqualTo(204);

            phone.assertClosed(Code.DEVICE_REVOKED);
            try (var again = TestClient.connect(server, FrameFormat.PROTO)) {
                again.hello("dev:alice/phone");
                again.assertClosed(Code.DEVICE_REVOKED);
            }
            var refused = ask("alice/phone", "GET", "/v1/key-packages");
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("\"code\":\"device_revoked\"");
            laptop.accepted(laptop.create(group("after")));
            bob.accepted(bob.create(group("bobs")));
        }
    }

    // PROTOCOL R-DEV-3
    @Test
    void theDirectoryKeepsNothingOfARevokedDevice() throws Exception {
        server.keyPackageOf(PHONE);
        server.keyPackageOf(new ClientId("alice", "laptop"));
        var position = new LogPosition(Bytes.wrap(new byte[16]), 1, Bytes.wrap(new byte[32]));
        var id = Bytes.wrap(new byte[16]);
        var item = new InboxItem(id, group("library"), position, 1, id, MlsBytes.text("welcome"));
        server.inbox.file(Bytes.EMPTY, Map.of(PHONE, List.of(item))).block();

        ask("alice/laptop", "DELETE", "/v1/devices/phone");

        assertThat(server.keyPackages.devices("alice").block()).containsExactly("laptop");
        assertThat(
                        server.keyPackages
                                .claim(PHONE, ClaimRequest.ofSuites(List.of(1)), false)
                                .block())
                .isEqualTo(new ClaimOutcome.Exhausted());
        assertThat(server.inbox.page(PHONE, 0).blockOptional().orElseThrow().items()).isEmpty();
    }

    /// A stolen device could invent a thousand names and revoke them, and then could not be
    /// revoked.
    @Test
    void aDeviceCanBeRevokedAfterAThousandInventedOnes() throws Exception {
        server.keyPackageOf(PHONE);
        for (int i = 0; i < RevocationStore.PER_USER_MAX; i++) {
            var madeUp = new ClientId("alice", "made-up-" + i);
            server.revocations.revoke(new Revocation(madeUp, Instant.now()), false).block();
        }
        var more = ask("alice/laptop", "DELETE", "/v1/devices/one-more");
        assertThat(more.body()).contains("\"code\":\"rate_limited\"");
        assertThat(ask("alice/laptop", "DELETE", "/v1/devices/phone").statusCode()).isEqualTo(204);
        assertThat(ask("alice/phone", "GET", "/v1/key-packages").statusCode()).isEqualTo(403);
    }

    @Test
    void aDeviceMayRevokeItselfButNotAnotherUsers() throws Exception {
        try (var bob = TestClient.open(server, "bob/phone");
                var phone = TestClient.open(server, "alice/phone")) {
            assertThat(ask("alice/phone", "DELETE", "/v1/devices/phone").statusCode())
                    .isEqualTo(204);
            phone.assertClosed(Code.DEVICE_REVOKED);
            bob.accepted(bob.create(group("bobs")));
        }
        assertThat(ask("bob/phone", "DELETE", "/v1/devices/no%2Fslash").statusCode())
                .isEqualTo(400);
    }

    @Test
    void aSessionOfANewerTokenStays() throws Exception {
        server.close();
        var session = new TokenGrant(PHONE, Instant.MAX, Instant.now().plus(Duration.ofHours(1)));
        server =
                TestServer.start(
                        TestServer.Setup.DEFAULT.withAuthenticator(_ -> Mono.just(session)));
        server.revocations.revoke(new Revocation(PHONE, Instant.now()), true).block();
        try (var phone = TestClient.connect(server, FrameFormat.PROTO)) {
            phone.hello("any");
            phone.await(ServerFrame::hasReady);
            server.revocations.revoke(new Revocation(PHONE, Instant.now()), true).block();
            phone.accepted(phone.create(group("later")));
        }
    }
}
