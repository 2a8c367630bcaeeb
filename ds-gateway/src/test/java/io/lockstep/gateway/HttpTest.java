package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.log.CallEffect;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.RosterChange;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class HttpTest {
    private static final GroupId GROUP = group("library");

    private final LogCapture log = LogCapture.open();
    private final TestServer server = TestServer.start();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private boolean troubleExpected;

    @AfterEach
    void stop() {
        http.close();
        server.close();
        if (!troubleExpected) {
            assertThat(log.troubles()).isEmpty();
        }
        log.close();
    }

    private HttpRequest.Builder as(String client, String path) {
        return HttpRequest.newBuilder(server.http(path))
                .header("authorization", "Bearer dev:" + client);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("content-type"))
                .contains("application/problem+json");
        assertThat(answer.body())
                .contains("\"type\":\"urn:lockstep:" + code + "\"")
                .contains("\"code\":\"" + code + "\"")
                .contains("\"status\":" + status)
                .contains("\"title\":")
                .contains("\"detail\":");
    }

    @Test
    void healthNeedsNoToken() throws Exception {
        var live = send(HttpRequest.newBuilder(server.http("/livez")));
        assertThat(live.statusCode()).isEqualTo(200);
        assertThat(send(HttpRequest.newBuilder(server.http("/readyz?verbose"))).statusCode())
                .isEqualTo(200);
        server.ready.set(false);
        assertProblem(send(HttpRequest.newBuilder(server.http("/readyz"))), 503, "unavailable");
        assertThat(send(HttpRequest.newBuilder(server.http("/livez"))).statusCode()).isEqualTo(200);
        server.live.set(false);
        assertProblem(send(HttpRequest.newBuilder(server.http("/livez"))), 503, "unavailable");
    }

    // PROTOCOL R-TOKEN-2 R-HTTP-4
    @Test
    void everythingElseNeedsAToken() throws Exception {
        var none = send(HttpRequest.newBuilder(server.http("/v1/key-packages")));
        assertProblem(none, 401, "unauthenticated");
        assertThat(none.headers().firstValue("www-authenticate")).contains("Bearer");
        assertProblem(send(as("nobody", "/v1/key-packages")), 401, "unauthenticated");
        assertProblem(
                send(
                        HttpRequest.newBuilder(server.http("/v1/key-packages"))
                                .header("authorization", "Basic ZGV2")),
                401,
                "unauthenticated");
    }

    @Test
    void unknownPathsAndMethodsAreReported() throws Exception {
        assertProblem(send(as("alice/phone", "/v1/nothing")), 404, "not_found");
        var wrong = send(as("alice/phone", "/v1/claim-policy").DELETE());
        assertProblem(wrong, 405, "method_not_allowed");
        assertThat(wrong.headers().firstValue("allow")).contains("GET, PUT");
    }

    @Test
    void publishHandsTheBodyToTheDirectoryUnderTheCallersName() throws Exception {
        var body = new byte[200_000];
        body[199_999] = 1;
        var answer =
                send(
                        as("alice/phone", "/v1/key-packages")
                                .header("content-type", "message/mls; version=1.0")
                                .POST(BodyPublishers.ofByteArray(body)));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"stored\":1")
                .contains("\"index\":1")
                .contains("\"code\":\"duplicate_key_package\"");
        assertThat(server.directory.bodies)
                .containsEntry(new ClientId("alice", "phone"), Bytes.copyOf(body));
        assertThat(send(as("alice/phone", "/v1/key-packages")).body())
                .contains("\"left\":1", "\"last_resort\":false");
    }

    // PROTOCOL R-HTTP-5
    @Test
    void aBodyOfAnotherTypeIsRefused() throws Exception {
        assertProblem(
                send(
                        as("alice/phone", "/v1/key-packages")
                                .header("content-type", "application/json")
                                .POST(BodyPublishers.ofString("{}"))),
                415,
                "unsupported_media_type");
    }

    @Test
    void aBodyThatIsTooLongIsRefusedBeforeItIsRead() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send(
                    "POST /v1/key-packages HTTP/1.1\r\nHost: x\r\nContent-Type: message/mls\r\n"
                            + "Authorization: Bearer dev:alice/phone\r\nContent-Length: 8388609\r\n\r\n");
            assertThat(raw.rest())
                    .startsWith("HTTP/1.1 413 ")
                    .contains("\"code\":\"message_too_large\"");
        }
    }

    @Test
    void noBodyIsReadBeforeItsSenderIsAuthenticated() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send(
                    "POST /v1/key-packages HTTP/1.1\r\nHost: x\r\nContent-Type: message/mls\r\n"
                            + "Content-Length: 1000\r\n\r\n");
            assertThat(raw.head()).startsWith("HTTP/1.1 401 ");
        }
    }

    @Test
    void aChunkedBodyThatGrowsTooLongIsRefused() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send(
                    "POST /v1/users/bob/key-packages/claim HTTP/1.1\r\nHost: x\r\n"
                            + "Content-Type: application/json\r\n"
                            + "Authorization: Bearer dev:alice/phone\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n");
            raw.send("1001\r\n" + " ".repeat(0x1001) + "\r\n");
            assertThat(raw.head()).startsWith("HTTP/1.1 413 ");
        }
    }

    // PROTOCOL R-CLAIM-3 R-CLAIM-4 R-CLAIM-5
    @Test
    void aClaimListsWhatIsAvailableAndWhatIsNot() throws Exception {
        server.directory.bodies.put(new ClientId("bob", "phone"), Bytes.ofHex("fbff01"));
        server.directory.bodies.put(new ClientId("bob", "laptop"), Bytes.ofHex("02"));
        var all = claim("bob", "{\"suites\":[2,1]}");
        assertThat(all.statusCode()).isEqualTo(200);
        assertThat(all.body())
                .contains("\"client\":\"bob/phone\"")
                .contains("\"client\":\"bob/laptop\"")
                .contains("\"ref\":\"-_8\"")
                .contains("\"suite\":2")
                .contains("\"last_resort\":false")
                .contains("\"key_package\":\"+/8B\"")
                .contains("\"code\":\"key_packages_exhausted\"");
        assertThat(claim("bob", "{\"suites\":[1],\"device\":\"phone\"}").body())
                .contains("bob/phone")
                .doesNotContain("bob/laptop");
        assertProblem(claim("nobody", "{\"suites\":[1]}"), 404, "unknown_client");
        assertProblem(claim("not%20a%20name", "{\"suites\":[1]}"), 404, "unknown_client");
    }

    @Test
    void aMalformedClaimIsRefused() throws Exception {
        for (var body :
                new String[] {
                    "",
                    "[]",
                    "{\"suites\":",
                    "{}",
                    "{\"suites\":[]}",
                    "{\"suites\":[0]}",
                    "{\"suites\":[\"1\"]}",
                    "{\"suites\":[1.5]}",
                    "{\"suites\":[99999999999]}",
                    "{\"suites\":[1],\"device\":7}",
                    "{\"suites\":[1]} {}"
                }) {
            assertProblem(claim("bob", body), 400, "invalid_request");
        }
    }

    private HttpResponse<String> claim(String user, String body) throws Exception {
        return send(
                as("alice/phone", "/v1/users/" + user + "/key-packages/claim")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body)));
    }

    @Test
    void aStoreThatDoesNotAnswerLeavesTheOutcomeUnknown() throws Exception {
        troubleExpected = true;
        server.directory.failure =
                Optional.of(new DirectoryUnavailableException("no answer", null));
        assertProblem(
                send(
                        as("alice/phone", "/v1/key-packages")
                                .header("content-type", "message/mls")
                                .POST(BodyPublishers.ofString("x"))),
                503,
                "outcome_unknown");
    }

    @Test
    void aStoreThatRefusedIsReportedAsUnavailable() throws Exception {
        troubleExpected = true;
        server.directory.failure =
                Optional.of(
                        new DirectoryUnavailableException(
                                "maxmemory", CallEffect.NOT_EXECUTED, null));
        assertProblem(
                send(
                        as("alice/phone", "/v1/key-packages")
                                .header("content-type", "message/mls")
                                .POST(BodyPublishers.ofString("x"))),
                503,
                "unavailable");
    }

    // PROTOCOL R-AUTH-1
    @Test
    @DisplayName("I9: only clients that may join get the GroupInfo")
    void theGroupInfoIsForThoseWhoMayJoin() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(create(alice, ExternalJoin.EXTERNAL_JOIN_DEVICES));
            var member = groupInfoAs("alice/phone");
            assertThat(member.statusCode()).isEqualTo(200);
            assertThat(member.headers().firstValue("content-type")).contains("message/mls");
            assertThat(member.headers().firstValue("lockstep-epoch")).contains("0");
            assertThat(Bytes.copyOf(member.body())).isEqualTo(groupInfo(GROUP, 0));
            assertThat(groupInfoAs("alice/laptop").statusCode()).isEqualTo(200);
            assertProblem(text(groupInfoAs("eve/phone")), 403, "join_not_allowed");

            alice.accepted(alice.commit(commit(GROUP, 0, "no group info")));
            assertProblem(text(groupInfoAs("alice/phone")), 409, "group_info_stale");
        }
    }

    @Test
    @DisplayName("I9: only members get it if the policy requires that")
    void theGroupInfoOfAMembersGroupIsForMembers() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(create(alice, ExternalJoin.EXTERNAL_JOIN_MEMBERS));
            assertProblem(text(groupInfoAs("alice/laptop")), 403, "join_not_allowed");
            alice.accepted(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(commit(GROUP, 0, "go").asByteString())
                                            .setRosterChange(
                                                    RosterChange.newBuilder()
                                                            .addRemove("alice/phone")))));
            assertProblem(text(groupInfoAs("alice/phone")), 403, "removed");
        }
    }

    @Test
    void theGroupInfoOfAnOpenGroupIsForEveryAuthenticatedClient() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(create(alice, ExternalJoin.EXTERNAL_JOIN_OPEN));
            assertThat(groupInfoAs("eve/phone").statusCode()).isEqualTo(200);
        }
    }

    // PROTOCOL R-HTTP-9
    @Test
    void aGroupThatIsNotThereIsUnknown() throws Exception {
        assertProblem(text(groupInfoAs("alice/phone")), 404, "unknown_group");
        assertProblem(send(as("alice/phone", "/v1/groups/!/group-info")), 400, "invalid_request");
    }

    private static long create(TestClient client, ExternalJoin join) {
        return client.create(GROUP, join, groupInfo(GROUP, 0));
    }

    private HttpResponse<byte[]> groupInfoAs(String client) throws Exception {
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(GROUP.bytes().toArray());
        return http.send(
                as(client, "/v1/groups/" + id + "/group-info").build(), BodyHandlers.ofByteArray());
    }

    private static HttpResponse<String> text(HttpResponse<byte[]> answer) {
        return new TextResponse(answer);
    }

    /// The same response with its body as text.
    private record TextResponse(HttpResponse<byte[]> bytes) implements HttpResponse<String> {
        @Override
        public int statusCode() {
            return bytes.statusCode();
        }

        @Override
        public HttpRequest request() {
            return bytes.request();
        }

        @Override
        public Optional<HttpResponse<String>> previousResponse() {
            return Optional.empty();
        }

        @Override
        public java.net.http.HttpHeaders headers() {
            return bytes.headers();
        }

        @Override
        public String body() {
            return new String(bytes.body(), java.nio.charset.StandardCharsets.UTF_8);
        }

        @Override
        public Optional<javax.net.ssl.SSLSession> sslSession() {
            return Optional.empty();
        }

        @Override
        public java.net.URI uri() {
            return bytes.uri();
        }

        @Override
        public HttpClient.Version version() {
            return bytes.version();
        }
    }

    @Test
    void requestsOnOneConnectionAreAnsweredInOrder() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send(
                    "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/key-packages HTTP/1.1\r\n"
                            + "Host: x\r\nAuthorization: Bearer dev:alice/phone\r\n\r\n"
                            + "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            var all = raw.rest();
            assertThat(all.split("HTTP/1.1 200 ", -1)).hasSize(4);
            assertThat(all.indexOf("live")).isLessThan(all.indexOf("suites"));
            assertThat(all.indexOf("suites")).isLessThan(all.indexOf("ready"));
        }
    }

    @Test
    void requestsAreCountedByRouteNotByPath() throws Exception {
        assertThat(claim("bob", "{\"suites\":[1]}").statusCode()).isEqualTo(404);
        assertThat(
                        server.count(
                                "lockstep.gateway.http.requests",
                                "route",
                                "/v1/users/{}/key-packages/claim",
                                "status",
                                "404"))
                .isEqualTo(1);
    }

    @Test
    void aSlowSenderOfARequestIsDisconnected() throws IOException {
        var limits = GatewayLimits.Http.DEFAULT;
        try (var slow =
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(s ->
                                        s.withLimits(
                                                s.limits()
                                                        .withHttp(
                                                                new GatewayLimits.Http(
                                                                        limits
                                                                                .requestLineBytesMax(),
                                                                        limits.headerBytesMax(),
                                                                        limits.bodyBytesMax(),
                                                                        limits.bodyBytesTotalMax(),
                                                                        java.time.Duration.ofMillis(
                                                                                300),
                                                                        limits.bodyTimeout(),
                                                                        limits.idleTimeout(),
                                                                        limits
                                                                                .answerTimeout())))));
                var raw = new RawConnection(slow)) {
            raw.send("GET /livez HTTP/1.1\r\nHost:");
            assertThat(raw.rest()).isEmpty();
        }
    }
}
