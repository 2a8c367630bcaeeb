package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.externalCommit;
import static io.lockstep.wire.mls.MlsBytes.externalSenderProposal;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.newMemberProposal;
import static io.lockstep.wire.mls.MlsBytes.proposal;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Invariant I9 over the client protocol.
final class AuthorityTest {
    private static final GroupId GROUP = group("club");

    private final LogCapture log = LogCapture.open();
    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    private static void create(TestClient client, ExternalJoin join) throws Exception {
        client.accepted(client.create(GROUP, join, groupInfo(GROUP, 0)));
    }

    private static long bundle(TestClient client, Bytes message, RosterChange.Builder change) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(message.asByteString())
                                .setRosterChange(change)));
    }

    private static RosterChange.Builder removing(String client) {
        return RosterChange.newBuilder().addRemove(client);
    }

    // PROTOCOL R-AUTH-1 R-AUTH-2 R-CREATE-1
    @Test
    @DisplayName("I9: outsiders can neither read nor write")
    void outsidersNeitherReadNorWrite() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            create(alice, ExternalJoin.EXTERNAL_JOIN_DEVICES);
            eve.assertRefused(eve.attach(GROUP), Code.NOT_A_MEMBER);
            eve.assertRefused(eve.message(application(GROUP, 0, "spam")), Code.NOT_A_MEMBER);
            eve.assertRefused(eve.message(proposal(GROUP, 0, "me too")), Code.NOT_A_MEMBER);
            eve.assertRefused(eve.commit(commit(GROUP, 0, "mine now")), Code.NOT_A_MEMBER);
            eve.assertRefused(
                    eve.message(externalSenderProposal(GROUP, 0, "remove")), Code.NOT_A_MEMBER);
            eve.assertRefused(eve.create(GROUP), Code.GROUP_EXISTS);
            alice.accepted(alice.message(application(GROUP, 0, "nobody came")));
        }
    }

    @Test
    @DisplayName("I9: a member sees no entry from before it joined or after its removal")
    void aMemberSeesOnlyTheEntriesOfItsMembership() throws Exception {
        var bobsRef = server.keyPackageOf(new ClientId("bob", "phone"));
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            create(alice, ExternalJoin.EXTERNAL_JOIN_MEMBERS);
            alice.accepted(alice.message(application(GROUP, 0, "before")));
            alice.accepted(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(commit(GROUP, 0, "add").asByteString())
                                            .setWelcome(
                                                    welcome(List.of(bobsRef)).asByteString()))));
            alice.accepted(alice.message(application(GROUP, 1, "during")));
            bob.attach(GROUP);
            assertThat(bob.await(ServerFrame::hasDelivery).getDelivery().getPosition())
                    .isEqualTo(3);
            bob.await(ServerFrame::hasLive);

            alice.accepted(bundle(alice, commit(GROUP, 1, "remove"), removing("bob/phone")));
            assertThat(bob.await(ServerFrame::hasDelivery).getDelivery().getPosition())
                    .isEqualTo(4);
            assertThat(bob.await(ServerFrame::hasDetached).getDetached().getCode())
                    .isEqualTo("removed");
            bob.assertRefused(bob.message(application(GROUP, 2, "still?")), Code.REMOVED);
            bob.assertRefused(bob.commit(commit(GROUP, 2, "back")), Code.REMOVED);
            assertThat(server.isMember(GROUP, "bob/phone")).isFalse();
        }
    }

    // PROTOCOL R-AUTH-1 R-EXT-1
    @Test
    @DisplayName("I9: joining by external commit follows the group's policy")
    void anExternalCommitMustBeAllowedByThePolicy() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var laptop = TestClient.open(server, "alice/laptop");
                var eve = TestClient.open(server, "eve/phone")) {
            create(alice, ExternalJoin.EXTERNAL_JOIN_DEVICES);
            eve.assertRefused(eve.commit(externalCommit(GROUP, 0, "eve")), Code.JOIN_NOT_ALLOWED);
            eve.assertRefused(
                    eve.message(newMemberProposal(GROUP, 0, "eve")), Code.JOIN_NOT_ALLOWED);
            laptop.accepted(laptop.message(newMemberProposal(GROUP, 0, "laptop")));
            laptop.accepted(laptop.commit(externalCommit(GROUP, 0, "laptop")));
            assertThat(server.isMember(GROUP, "alice/laptop")).isTrue();
            laptop.accepted(laptop.message(application(GROUP, 1, "here")));
        }
    }

    // PROTOCOL R-EXT-4 R-EXT-5
    @Test
    @DisplayName("I9: an external commit changes only its sender's membership")
    void anExternalCommitAddsItsSenderOnly() throws Exception {
        server.keyPackageOf(new ClientId("mallory", "phone"));
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            create(alice, ExternalJoin.EXTERNAL_JOIN_OPEN);
            var join = externalCommit(GROUP, 0, "eve");
            eve.assertRefused(
                    bundle(eve, join, RosterChange.newBuilder().addAdd("mallory/phone")),
                    Code.INVALID_REQUEST);
            eve.assertRefused(bundle(eve, join, removing("alice/phone")), Code.INVALID_REQUEST);
            eve.accepted(eve.commit(join));
            assertThat(server.isMember(GROUP, "eve/phone")).isTrue();
            assertThat(server.isMember(GROUP, "alice/phone")).isTrue();
        }
    }

    @Test
    @DisplayName("I9: acknowledging another client's item is refused and has no effect")
    void anotherClientsInboxItemIsNotAcknowledged() throws Exception {
        var bobsRef = server.keyPackageOf(new ClientId("bob", "phone"));
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            create(alice, ExternalJoin.EXTERNAL_JOIN_DEVICES);
            alice.accepted(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(commit(GROUP, 0, "add").asByteString())
                                            .setWelcome(
                                                    welcome(List.of(bobsRef)).asByteString()))));
            ServerFrame item;
            try (var bob = TestClient.open(server, "bob/phone")) {
                item = bob.await(ServerFrame::hasInbox);
            }
            eve.assertRefused(
                    eve.send(f ->
                            f.setInboxAck(InboxAck.newBuilder().addId(item.getInbox().getId()))),
                    Code.NOT_YOURS);
            try (var bob = TestClient.open(server, "bob/phone")) {
                assertThat(bob.await(ServerFrame::hasInbox).getInbox().getId())
                        .isEqualTo(item.getInbox().getId());
            }
        }
    }
}
