package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.ClaimResult;
import io.lockstep.directory.DeletionScope;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.ServerFrame;
import io.lockstep.wire.proto.SuiteCount;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// KeyPackages and claims over HTTP, and the notice that they run low.
final class KeyPackageHttpTest {
    private static final ClientId ALICE = new ClientId("alice", "phone");
    private static final ClientId BOB = new ClientId("bob", "phone");

    private final TestServer server = TestServer.start();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    private HttpResponse<String> call(String method, String path, String type, String body)
            throws Exception {
        var request =
                HttpRequest.newBuilder(server.http(path))
                        .header("authorization", "Bearer dev:" + ALICE)
                        .method(method, BodyPublishers.ofString(body));
        if (!type.isEmpty()) {
            request.header("content-type", type);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> json(String method, String path, String body) throws Exception {
        return call(method, path, "application/json", body);
    }

    @Test
    void putReplaces() throws Exception {
        assertThat(call("PUT", "/v1/key-packages", "message/mls", "x").body())
                .contains("\"stored\":1")
                .contains("\"refused\":[]");
    }

    // PROTOCOL R-KP-17
    @Test
    void aBodyOfAnotherVersionIsStoredUnread() throws Exception {
        var path = "/v1/key-packages";
        // The fake directory answers with the version that it was given.
        assertThat(call("POST", path, "message/mls; version=2", "x").body())
                .contains("\"stored\":2");
        assertThat(call("POST", path, "message/mls;charset=x; Version=\"3.0\"", "x").body())
                .contains("\"stored\":3");
        for (var wrong : new String[] {"1.1", "0", "65536", "", "two"}) {
            assertThat(call("POST", path, "message/mls; version=" + wrong, "x").statusCode())
                    .as(wrong)
                    .isEqualTo(415);
        }
        assertThat(call("PUT", path, "message/mls; version=2", "x").statusCode()).isEqualTo(415);
    }

    @Test
    void deleteAppliesToASuiteOrToOneRef() throws Exception {
        server.directory.bodies.put(ALICE, Bytes.EMPTY);
        assertThat(call("DELETE", "/v1/key-packages", "", "").body()).isEqualTo("{\"deleted\":1}");
        assertThat(call("DELETE", "/v1/key-packages?suite=2", "", "").body())
                .isEqualTo("{\"deleted\":0}");
        assertThat(call("DELETE", "/v1/key-packages/-_8", "", "").statusCode()).isEqualTo(200);
        assertThat(server.directory.deletions)
                .containsExactly(
                        new DeletionScope.All(),
                        new DeletionScope.OfKind(KeyPackageKind.ofSuite(2)),
                        new DeletionScope.OfRef(Bytes.ofHex("fbff")));
        assertThat(call("DELETE", "/v1/key-packages?suite=x", "", "").statusCode()).isEqualTo(400);
        assertThat(call("DELETE", "/v1/key-packages/!", "", "").statusCode()).isEqualTo(400);
        assertThat(server.directory.deletions).hasSize(3);
    }

    @Test
    void aUserSetsWhoMayClaim() throws Exception {
        assertThat(call("GET", "/v1/claim-policy", "", "").body()).contains("\"anyone\"");
        assertThat(
                        json(
                                        "PUT",
                                        "/v1/claim-policy",
                                        "{\"allow\":\"listed\",\"users\":[\"bob\"]}")
                                .statusCode())
                .isEqualTo(200);
        assertThat(call("GET", "/v1/claim-policy", "", "").body())
                .contains("\"allow\":\"listed\"", "\"users\":[\"bob\"]");
        for (var wrong :
                new String[] {
                    "{}",
                    "{\"allow\":\"ANYONE\"}",
                    "{\"allow\":\"nobody\",\"users\":[\"bob\"]}",
                    "{\"allow\":\"listed\",\"users\":[1]}"
                }) {
            assertThat(json("PUT", "/v1/claim-policy", wrong).statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
    }

    @Test
    void aClaimNamesVersionsAndCapabilities() throws Exception {
        server.directory.bodies.put(BOB, Bytes.ofHex("01"));
        var answer =
                json(
                        "POST",
                        "/v1/users/bob/key-packages/claim",
                        "{\"suites\":[2,1],\"versions\":[2,1],\"capabilities\":"
                                + "{\"extensions\":[61441],\"credentials\":[1]}}");
        assertThat(answer.body()).contains("\"version\":2").doesNotContain("\"suite\"");
        assertThat(server.directory.wanted)
                .containsExactly(
                        new ClaimRequest(
                                List.of(2, 1),
                                List.of(2, 1),
                                new Features(Set.of(61441), Set.of(), Set.of(1))));
        for (var wrong :
                new String[] {
                    "{\"versions\":[1]}",
                    "{\"suites\":[1],\"versions\":[]}",
                    "{\"suites\":[1],\"versions\":[0]}",
                    "{\"suites\":[1],\"capabilities\":[]}",
                    "{\"suites\":[1],\"capabilities\":{\"proposals\":[\"8\"]}}"
                }) {
            assertThat(json("POST", "/v1/users/bob/key-packages/claim", wrong).statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
    }

    // PROTOCOL R-CLAIM-7 R-CLAIM-8 R-CLAIM-11
    @Test
    void aBulkClaimAnswersOneLinePerDevice() throws Exception {
        server.directory.bodies.put(BOB, Bytes.ofHex("01"));
        var answer =
                json(
                        "POST",
                        "/v1/key-packages/claim",
                        "{\"users\":[\"bob\",\"nobody\"],\"suites\":[1]}");
        assertThat(answer.headers().firstValue("content-type")).contains("application/x-ndjson");
        assertThat(answer.body().lines())
                .hasSize(3)
                .satisfiesExactly(
                        line -> assertThat(line).contains("bob/phone", "\"key_package\":\"AQ==\""),
                        line -> assertThat(line).contains("bob/empty", "key_packages_exhausted"),
                        line ->
                                assertThat(line)
                                        .contains("\"user\":\"nobody\"", "\"unknown_client\""));
        assertThat(answer.body()).endsWith("\n");
        for (var wrong :
                new String[] {
                    "{\"suites\":[1]}", "{\"users\":[\"a b\"],\"suites\":[1]}", "{\"users\":[]}"
                }) {
            assertThat(json("POST", "/v1/key-packages/claim", wrong).statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
    }

    // PROTOCOL R-HTTP-7 R-CLAIM-5
    @Test
    void forbiddenAndTooFrequentClaimsAreRefused() throws Exception {
        server.directory.claimResult = Optional.of(new ClaimResult.UnknownClient());
        var path = "/v1/users/bob/key-packages/claim";
        var refused = json("POST", path, "{\"suites\":[1]}");
        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(refused.body()).contains("\"unknown_client\"");
        assertThat(
                        json(
                                        "POST",
                                        "/v1/key-packages/claim",
                                        "{\"users\":[\"bob\"],\"suites\":[1]}")
                                .body())
                .contains("\"user\":\"bob\"", "unknown_client");

        server.directory.claimResult =
                Optional.of(new ClaimResult.ClaimRateLimited(Duration.ofMillis(2_001)));
        var limited = json("POST", path, "{\"suites\":[1]}");
        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.headers().firstValue("retry-after")).contains("3");
        assertThat(
                        json(
                                        "POST",
                                        "/v1/key-packages/claim",
                                        "{\"users\":[\"bob\"],\"suites\":[1]}")
                                .statusCode())
                .isEqualTo(429);
    }

    // PROTOCOL R-READY-2 R-LOW-1
    @Test
    void lowKeyPackagesAreReportedAfterReadyAndAfterClaims() throws Exception {
        server.directory.low.put(ALICE, Map.of(1, new KeyPackageCount(10, true)));
        try (var alice = TestClient.open(server, ALICE.toString())) {
            var first = low(alice);
            assertThat(first.getLeft()).isEqualTo(10);
            assertThat(first.getLastResortClaims()).isZero();
            server.directory.low.put(ALICE, Map.of(1, new KeyPackageCount(0, true, 7)));
            server.directory.runningLow.tryEmitNext(BOB);
            server.directory.runningLow.tryEmitNext(ALICE);
            var second = low(alice);
            assertThat(second.getLeft()).isZero();
            assertThat(second.getLastResortClaims()).isEqualTo(7);
        }
    }

    private static SuiteCount low(TestClient client) throws Exception {
        return client.await(ServerFrame::hasKeyPackagesLow).getKeyPackagesLow().getSuites(0);
    }
}
