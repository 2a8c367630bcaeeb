package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.limits.QuotaLimits;
import io.lockstep.gateway.quota.TestQuotas;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.RosterChange;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// What callers see at a quota, and who does not notice.
final class QuotaTest {
    private static final GroupId GROUP = group("busy");
    private static final GroupId OTHER = group("quiet");
    private static final Duration DAY = Duration.ofDays(1);

    private TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private void restart(TestQuotas quotas) {
        server.close();
        server = start(quotas.limits());
    }

    private static TestServer start(QuotaLimits quotas) {
        return TestServer.start(
                TestServer.Setup.DEFAULT.withSettings(
                        s -> s.withLimits(s.limits().withQuotas(quotas))));
    }

    private static Refused refused(TestClient client, long request, Code code) throws Exception {
        var refused = client.refused(request);
        assertThat(refused.getCode()).as(refused.toString()).isEqualTo(code.wireName());
        assertThat(refused.getRetry()).isEqualTo(Retry.RETRY_LATER);
        assertThat(refused.getRetryAfterMillis()).isBetween(1, 3_600_000);
        return refused;
    }

    private static long add(TestClient client, GroupId group, long epoch, String... names) {
        var change = RosterChange.newBuilder();
        for (var name : names) {
            change.addAdd(name);
        }
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(commit(group, epoch, "add").asByteString())
                                .setRosterChange(change)));
    }

    // PROTOCOL R-QUOTA-1 R-QUOTA-2
    @Test
    void aUserAtItsQuotaIsRefusedAndOthersInItsGroupAreNot() throws Exception {
        restart(TestQuotas.none().userEntries(4, DAY));
        try (var alice = TestClient.open(server, "alice/phone");
                var tablet = TestClient.open(server, "alice/tablet");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(add(alice, GROUP, 0, "alice/tablet", "bob/phone"));
            var first = application(GROUP, 1, "1");
            alice.accepted(alice.message(first));
            assertThat(alice.accepted(alice.message(first)).getRepeat()).isTrue();
            tablet.accepted(tablet.message(application(GROUP, 1, "2")));
            alice.accepted(alice.message(application(GROUP, 1, "3")));

            var refused =
                    refused(
                            tablet,
                            tablet.message(application(GROUP, 1, "4")),
                            Code.QUOTA_EXCEEDED);
            assertThat(refused.getDetail()).contains("this user", "stored messages");
            refused(alice, alice.commit(commit(GROUP, 1, "c")), Code.QUOTA_EXCEEDED);
            bob.accepted(bob.message(application(GROUP, 1, "of bob")));
            bob.accepted(bob.create(OTHER));
            assertThat(
                            server.count(
                                    "lockstep.quota.refusals",
                                    "holder",
                                    "user",
                                    "measure",
                                    "entries"))
                    .isEqualTo(2);
        }
    }

    // PROTOCOL R-QUOTA-1 R-QUOTA-3
    @Test
    @DisplayName("I9: a group at its quota tells its members, and outsiders learn nothing")
    void aGroupAtItsQuotaRefusesItsMembersAndLeavesOtherGroupsAlone() throws Exception {
        restart(TestQuotas.none().groupMessages(2, DAY));
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(add(alice, GROUP, 0, "bob/phone"));
            alice.accepted(alice.create(OTHER));
            for (int i = 0; i < 3; i++) {
                // Of an outsider: not counted.
                eve.assertRefused(eve.message(application(GROUP, 1, "e" + i)), Code.NOT_A_MEMBER);
            }
            alice.accepted(alice.message(application(GROUP, 1, "1")));
            bob.accepted(bob.message(application(GROUP, 1, "2")));

            var request = bob.message(application(GROUP, 1, "3"));
            var refused = refused(bob, request, Code.RATE_LIMITED);
            assertThat(refused.getDetail()).contains("this group", "messages a second");
            assertThat(refused.getGroupId()).isEqualTo(GROUP.bytes().asByteString());
            eve.assertRefused(eve.message(application(GROUP, 1, "e")), Code.NOT_A_MEMBER);
            alice.accepted(alice.message(application(OTHER, 0, "in the other group")));
            alice.accepted(alice.commit(commit(GROUP, 1, "commits are another measure")));
        }
    }

    // PROTOCOL R-QUOTA-1
    @Test
    void groupsOfAUserAreBounded() throws Exception {
        restart(TestQuotas.none().userGroups(2, DAY));
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(group("a1")));
            alice.accepted(alice.create(group("a2")));
            refused(alice, alice.create(group("a3")), Code.QUOTA_EXCEEDED);
            bob.accepted(bob.create(group("b1")));
        }
    }

    private static long invite(TestClient client, GroupId group, long epoch, Bytes... refs) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(commit(group, epoch, "invite").asByteString())
                                .setWelcome(welcome(List.of(refs)).asByteString())));
    }

    // PROTOCOL R-QUOTA-4
    @Test
    void aClientWithTooManyMembershipsCannotBeAdded() throws Exception {
        restart(TestQuotas.none().clientMemberships(2, DAY));
        var bob = server.keyPackageOf(ClientId.parse("bob/phone"));
        var dave = server.keyPackageOf(ClientId.parse("dave/phone"));
        var eve = server.keyPackageOf(ClientId.parse("eve/phone"));
        try (var alice = TestClient.open(server, "alice/phone");
                var carol = TestClient.open(server, "carol/phone")) {
            alice.accepted(alice.create(group("m1")));
            alice.accepted(invite(alice, group("m1"), 0, bob));
            carol.accepted(carol.create(group("m2")));
            carol.accepted(invite(carol, group("m2"), 0, bob, dave));
            refused(carol, invite(carol, group("m2"), 1, eve, bob), Code.QUOTA_EXCEEDED);
            carol.accepted(invite(carol, group("m2"), 1, eve));
        }
    }

    // PROTOCOL R-QUOTA-4
    /// Regression: everybody could use up the memberships of everybody, by names alone.
    @Test
    void namesInARosterChangeUseNoMemberships() throws Exception {
        restart(TestQuotas.none().clientMemberships(2, DAY));
        var bob = server.keyPackageOf(ClientId.parse("bob/phone"));
        try (var mallory = TestClient.open(server, "mallory/phone");
                var alice = TestClient.open(server, "alice/phone")) {
            mallory.accepted(mallory.create(GROUP));
            for (int epoch = 0; epoch < 3; epoch++) {
                mallory.accepted(add(mallory, GROUP, epoch, "bob/phone"));
            }
            alice.accepted(alice.create(OTHER));
            alice.accepted(invite(alice, OTHER, 0, bob));
        }
    }

    // PROTOCOL R-QUOTA-1
    @Test
    void uploadsOfAUserAreBounded() throws Exception {
        restart(TestQuotas.none().userUploadBytes(250, DAY));
        try (var alice = TestClient.open(server, "alice/phone");
                var http = HttpClient.newHttpClient()) {
            alice.accepted(alice.create(GROUP));
            assertThat(put(http, 1).statusCode()).isEqualTo(201);
            assertThat(put(http, 1).statusCode()).as("known, and not counted").isEqualTo(200);
            assertThat(put(http, 2).statusCode()).isEqualTo(201);
            var refused = put(http, 3);
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("quota_exceeded").contains("uploaded bytes");
            assertThat(Long.parseLong(refused.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1L, 3_600L);
        }
    }

    private HttpResponse<String> put(HttpClient http, int marker) throws Exception {
        var content = new byte[100];
        content[0] = (byte) marker;
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(GROUP.bytes().toArray());
        return http.send(
                HttpRequest.newBuilder(
                                server.http(
                                        "/v1/groups/"
                                                + id
                                                + "/blobs/"
                                                + Bytes.wrap(content).sha256().hex()))
                        .header("authorization", "Bearer dev:alice/phone")
                        .header("content-type", "application/octet-stream")
                        .PUT(BodyPublishers.ofByteArray(content))
                        .build(),
                BodyHandlers.ofString());
    }
}
