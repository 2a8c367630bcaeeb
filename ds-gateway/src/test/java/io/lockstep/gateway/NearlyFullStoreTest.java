package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.Reinit;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A store that is nearly full: what adds data is refused, everything else goes on.
final class NearlyFullStoreTest {
    private static final GroupId GROUP = group("full");
    private static final Bytes BLOB = Bytes.wrap(new byte[100]);
    private static final String GROUP_PATH =
            "/v1/groups/"
                    + Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(GROUP.bytes().toArray());

    private final LogCapture log = LogCapture.open();
    private final TestServer server = TestServer.start();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private TestClient alice;

    @BeforeEach
    void createGroup() throws Exception {
        alice = TestClient.open(server, "alice/phone");
        alice.accepted(
                alice.create(GROUP, ExternalJoin.EXTERNAL_JOIN_DEVICES, groupInfo(GROUP, 0)));
        server.hasRoom.set(false);
    }

    @AfterEach
    void stop() {
        alice.close();
        http.close();
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    private HttpResponse<String> call(String method, String path, String type, Bytes body)
            throws Exception {
        var request =
                HttpRequest.newBuilder(server.http(path))
                        .header("authorization", "Bearer dev:alice/phone")
                        .method(
                                method,
                                body.isEmpty()
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofByteArray(body.toArray()));
        if (!type.isEmpty()) {
            request.header("content-type", type);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private void assertPostponed(long request) throws Exception {
        var refused = alice.refused(request);
        assertThat(refused.getCode()).isEqualTo(Code.OVERLOADED.wireName());
        assertThat(refused.getRetry()).isEqualTo(Retry.RETRY_LATER);
        assertThat(refused.getRetryAfterMillis()).isEqualTo(5_000);
        assertThat(refused.getDetail()).contains("nearly full");
    }

    // PROTOCOL R-ROOM-1
    @Test
    void whatAddsDataIsRefusedUntilThereIsRoomAgain() throws Exception {
        assertPostponed(alice.create(group("another")));
        assertPostponed(alice.message(application(GROUP, 0, "m")));
        assertPostponed(alice.commit(commit(GROUP, 0, "c")));

        server.hasRoom.set(true);
        assertThat(alice.accepted(alice.message(application(GROUP, 0, "m"))).getRepeat()).isFalse();
        alice.accepted(alice.commit(commit(GROUP, 0, "c")));
        alice.accepted(alice.create(group("another")));
    }

    // PROTOCOL R-ROOM-1
    @Test
    void uploadsAreRefused() throws Exception {
        assertPostponed(
                call(
                        "PUT",
                        GROUP_PATH + "/blobs/" + BLOB.sha256().hex(),
                        "application/octet-stream",
                        BLOB));
        assertPostponed(
                call("PUT", GROUP_PATH + "/group-info", "message/mls", groupInfo(GROUP, 0)));
        assertPostponed(call("POST", "/v1/key-packages", "message/mls", BLOB));
        assertPostponed(call("PUT", "/v1/key-packages", "message/mls", BLOB));
        assertPostponed(call("PUT", "/v1/claim-policy", "application/json", BLOB));
    }

    private static void assertPostponed(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.body()).contains("\"code\":\"overloaded\"").contains("nearly full");
        assertThat(answer.headers().firstValue("retry-after")).contains("5");
    }

    // PROTOCOL R-ROOM-2
    @Test
    void readsAcknowledgementsAndDeletionsGoOn() throws Exception {
        alice.attach(GROUP);
        alice.await(ServerFrame::hasLive);
        alice.accepted(
                alice.send(f ->
                        f.setSend(
                                Send.newBuilder()
                                        .setMessage(application(GROUP, 0, "typing").asByteString())
                                        .setEphemeral(true))));
        assertThat(call("GET", GROUP_PATH + "/group-info", "", Bytes.EMPTY).statusCode())
                .isEqualTo(200);
        assertThat(call("GET", "/v1/inbox", "", Bytes.EMPTY).statusCode()).isEqualTo(200);
        assertThat(call("GET", "/v1/key-packages", "", Bytes.EMPTY).statusCode()).isEqualTo(200);
        assertThat(call("DELETE", "/v1/key-packages", "", Bytes.EMPTY).statusCode()).isEqualTo(200);
        alice.accepted(
                alice.send(f ->
                        f.setReinit(
                                Reinit.newBuilder()
                                        .setGroupId(GROUP.bytes().asByteString())
                                        .setSuccessorGroupId(
                                                group("next").bytes().asByteString()))));
        assertThat(call("DELETE", GROUP_PATH, "", Bytes.EMPTY).statusCode()).isEqualTo(204);
        assertThat(call("DELETE", "/v1/account", "", Bytes.EMPTY).statusCode()).isEqualTo(204);
    }
}
