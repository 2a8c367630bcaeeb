package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.InboxItem;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which clients can be added, and how added clients acknowledge their inbox items.
final class JoinersTest {
    private static final GroupId CLUB = group("club");
    private static final GroupId TEAM = group("team");
    private static final ClientId BOB = new ClientId("bob", "phone");
    private static final int ACKNOWLEDGED_MAX = 1_024;

    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private static void create(TestClient client, GroupId group) throws Exception {
        client.accepted(
                client.create(group, ExternalJoin.EXTERNAL_JOIN_UNSPECIFIED, groupInfo(group, 0)));
    }

    private static long add(TestClient client, GroupId group, Bytes ref) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(commit(group, 0, "add").asByteString())
                                .setWelcome(welcome(List.of(ref)).asByteString())));
    }

    // PROTOCOL R-JOIN-3
    @Test
    void aSingleUseKeyPackageIsUsableForOneGroup() throws Exception {
        var ref = server.singleUseKeyPackageOf(BOB);
        try (var alice = TestClient.open(server, "alice/phone")) {
            create(alice, CLUB);
            create(alice, TEAM);
            alice.accepted(add(alice, CLUB, ref));
            alice.assertRefused(add(alice, TEAM, ref), Code.KEY_PACKAGE_USED);
            // A resend of the same commit has the same result, and the refused group continues.
            alice.accepted(add(alice, CLUB, ref));
            alice.accepted(alice.commit(commit(TEAM, 0, "adds nobody")));
            assertThat(server.isMember(CLUB, "bob/phone")).isTrue();
            assertThat(server.isMember(TEAM, "bob/phone")).isFalse();
        }
    }

    // PROTOCOL R-JOIN-12
    @Test
    void theClaimPolicyOfTheOwnerBindsWelcomes() throws Exception {
        var ref = server.singleUseKeyPackageOf(BOB);
        allow(ClaimPolicy.Allow.LISTED, Set.of("carol"));
        try (var alice = TestClient.open(server, "alice/phone");
                var carol = TestClient.open(server, "carol/phone");
                var laptop = TestClient.open(server, "bob/laptop")) {
            create(alice, CLUB);
            alice.assertRefused(add(alice, CLUB, ref), Code.ADD_NOT_ALLOWED);
            assertThat(server.isMember(CLUB, "bob/phone")).isFalse();
            alice.accepted(alice.commit(commit(CLUB, 0, "adds nobody")));
            // The refused commit did not use the KeyPackage up.
            create(carol, TEAM);
            carol.accepted(add(carol, TEAM, ref));
            // Own devices always may.
            allow(ClaimPolicy.Allow.NOBODY, Set.of());
            var last = server.keyPackageOf(new ClientId("bob", "tablet"));
            create(laptop, group("own"));
            laptop.accepted(add(laptop, group("own"), last));
            // A commit that was accepted before is answered as before.
            carol.accepted(add(carol, TEAM, ref));
        }
    }

    private void allow(ClaimPolicy.Allow allow, Set<String> users) {
        server.keyPackages.claimPolicy(BOB.user(), new ClaimPolicy(allow, users)).block();
    }

    // PROTOCOL R-JOIN-13
    @Test
    void aUserThatUsedItsShareOfAnInboxAddsItsOwnerNoMore() throws Exception {
        var ref = server.keyPackageOf(BOB);
        var sender = server.pseudonyms.sender("alice");
        for (int i = 0; i < 600; i++) {
            var id = MlsBytes.text("item " + i).sha256();
            server.inbox
                    .file(
                            sender,
                            Map.of(
                                    BOB,
                                    List.of(
                                            new InboxItem(
                                                    id.slice(0, 16),
                                                    CLUB,
                                                    new LogPosition(id.slice(0, 16), 1, id),
                                                    1,
                                                    id,
                                                    MlsBytes.text("welcome")))))
                    .block();
        }
        try (var alice = TestClient.open(server, "alice/phone");
                var tablet = TestClient.open(server, "alice/tablet");
                var carol = TestClient.open(server, "carol/phone")) {
            create(alice, CLUB);
            create(tablet, group("another"));
            create(carol, TEAM);
            var refused = alice.refused(add(alice, CLUB, ref));
            assertThat(refused.getCode()).isEqualTo(Code.QUOTA_EXCEEDED.wireName());
            assertThat(refused.getRetryAfterMillis()).isPositive();
            tablet.assertRefused(add(tablet, group("another"), ref), Code.QUOTA_EXCEEDED);
            carol.accepted(add(carol, TEAM, ref));
            // The mail that carol sent is there, and room for alice comes with acknowledgements.
            var page = server.inbox.page(BOB, 0).blockOptional().orElseThrow();
            var ids = page.items().stream().map(one -> one.item().id()).collect(toSet());
            server.inbox.acknowledge(BOB, ids).block();
            alice.accepted(add(alice, CLUB, ref));
        }
    }

    // PROTOCOL R-JOIN-5
    @Test
    void aLastResortIsUsableForAnyGroup() throws Exception {
        var ref = server.keyPackageOf(BOB);
        try (var alice = TestClient.open(server, "alice/phone")) {
            create(alice, CLUB);
            create(alice, TEAM);
            alice.accepted(add(alice, CLUB, ref));
            alice.accepted(add(alice, TEAM, ref));
        }
    }

    // PROTOCOL R-DEV-5
    @Test
    void aDeviceThatWasRevokedCannotBeAddedUntilItPublishesAgain() throws Exception {
        var ref = server.keyPackageOf(BOB);
        server.services.devices().revoke(BOB).block();
        try (var alice = TestClient.open(server, "alice/phone")) {
            create(alice, CLUB);
            alice.assertRefused(add(alice, CLUB, ref), Code.JOINER_REVOKED);
            alice.assertRefused(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(commit(CLUB, 0, "named").asByteString())
                                            .setRosterChange(
                                                    RosterChange.newBuilder()
                                                            .addAdd("bob/phone")))),
                    Code.JOINER_REVOKED);
            assertThat(server.isMember(CLUB, "bob/phone")).isFalse();
            alice.accepted(alice.commit(commit(CLUB, 0, "adds nobody")));
        }
    }

    @Test
    void anAcknowledgementOfTooManyItemsIsRefused() throws Exception {
        var ref = server.keyPackageOf(BOB);
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            create(alice, CLUB);
            alice.accepted(add(alice, CLUB, ref));
            var item = bob.await(ServerFrame::hasInbox).getInbox().getId();
            var tooMany = InboxAck.newBuilder().addId(item);
            for (int i = 0; i < ACKNOWLEDGED_MAX; i++) {
                tooMany.addId(MlsBytes.text("id " + i).sha256().slice(0, 16).asByteString());
            }
            bob.assertRefused(bob.send(f -> f.setInboxAck(tooMany)), Code.INVALID_REQUEST);
            assertThat(server.inbox.page(BOB, 0).blockOptional().orElseThrow().items()).hasSize(1);
        }
    }

    /// A body may take long: a device that was authorized when it began may be revoked when it is
    /// complete.
    @Test
    void aDeviceThatIsRevokedWhileItsBodyArrivesStoresNothing() throws Exception {
        try (var connection = new RawConnection(server)) {
            connection.send(
                    "POST /v1/key-packages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            + "Authorization: Bearer dev:bob/phone\r\n"
                            + "Content-Type: message/mls\r\n"
                            + "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
            // The caller is authenticated by now.
            assertThat(connection.head()).startsWith("HTTP/1.1 100");
            server.revocations.revoke(new Revocation(BOB, Instant.now()), false).block();
            connection.send("body");
            assertThat(connection.head()).startsWith("HTTP/1.1 403");
            assertThat(server.directory.bodies).isEmpty();
        }
    }
}
