package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.reference;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.log.BlobStore;
import io.lockstep.log.BlobStoreContract;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Submissions by reference, and their deliveries.
final class ReferenceTest {
    private static final GroupId GROUP = group("library");
    private static final Bytes TREE = BlobStoreContract.bytes(5_000);

    private final LogCapture log = LogCapture.open();
    private final TestServer server = TestServer.start();
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void createGroup() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
        }
    }

    @AfterEach
    void stop() {
        http.close();
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    private Bytes upload(Bytes content) {
        server.blobs.put(GROUP, content.sha256(), content, BlobStore.UNREFERENCED).block();
        return content;
    }

    private static Commit.Builder bundle() {
        return Commit.newBuilder().setGroupId(GROUP.bytes().asByteString());
    }

    private static long send(TestClient client, Commit.Builder commit) {
        return client.send(f -> f.setCommit(commit));
    }

    private HttpResponse<byte[]> get(String client, String path) throws Exception {
        URI uri = server.http(path);
        return http.send(
                HttpRequest.newBuilder(uri).header("authorization", "Bearer dev:" + client).build(),
                BodyHandlers.ofByteArray());
    }

    // PROTOCOL R-REF-6
    @Test
    void aLongMessageIsDeliveredByReference() throws Exception {
        var message = upload(application(GROUP, 0, "m".repeat(200_000)));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            long request =
                    alice.send(f ->
                            f.setSend(
                                    Send.newBuilder()
                                            .setMessageReference(reference(message))
                                            .setGroupId(GROUP.bytes().asByteString())));
            assertThat(alice.accepted(request).getPosition()).isEqualTo(1);

            var delivery = alice.await(ServerFrame::hasDelivery).getDelivery();
            assertThat(delivery.getReference()).isEqualTo(reference(message));
            assertThat(delivery.getMessage().isEmpty()).isTrue();
        }
    }

    // PROTOCOL R-REF-1
    @Test
    void tooLongInlineBytesAreRefusedWithAHint() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            var refused = alice.refused(alice.message(application(GROUP, 0, "m".repeat(200_000))));
            assertThat(refused.getCode()).isEqualTo(Code.MESSAGE_TOO_LARGE.wireName());
            assertThat(refused.getDetail()).contains("upload");
        }
    }

    // PROTOCOL R-SEND-5 R-REF-1 R-REF-2 R-REF-4 R-REF-5
    @Test
    void aReferenceToNoBlobIsUnknown() throws Exception {
        var message = application(GROUP, 0, "m".repeat(200_000));
        try (var alice = TestClient.open(server, "alice/phone")) {
            var send = Send.newBuilder().setMessageReference(reference(message));
            alice.assertRefused(alice.send(f -> f.setSend(send)), Code.INVALID_REQUEST);
            send.setGroupId(GROUP.bytes().asByteString());
            alice.assertRefused(alice.send(f -> f.setSend(send)), Code.UNKNOWN_REFERENCE);

            upload(message);
            var wrong = reference(message).toBuilder().setSize(message.size() + 1L);
            alice.assertRefused(
                    alice.send(f -> f.setSend(send.clone().setMessageReference(wrong))),
                    Code.REFERENCE_MISMATCH);
            alice.assertRefused(
                    alice.send(f -> f.setSend(send.clone().setEphemeral(true))),
                    Code.INVALID_REQUEST);
            alice.assertRefused(
                    alice.send(f ->
                            f.setSend(
                                    send.clone().setMessage(message.slice(0, 100).asByteString()))),
                    Code.INVALID_REQUEST);
            alice.accepted(alice.send(f -> f.setSend(send)));
        }
    }

    // PROTOCOL R-ORDER-3 R-AUTH-1
    @Test
    @DisplayName("I9: an outsider learns nothing of a group's blobs by referring to them")
    void outsidersCannotUseReferences() throws Exception {
        var message = upload(application(GROUP, 0, "m".repeat(200_000)));
        var other = application(GROUP, 0, "n".repeat(200_000));
        try (var mallory = TestClient.open(server, "mallory/phone")) {
            for (var each : new Bytes[] {message, other}) {
                long request =
                        mallory.send(f ->
                                f.setSend(
                                        Send.newBuilder()
                                                .setMessageReference(reference(each))
                                                .setGroupId(GROUP.bytes().asByteString())));
                mallory.assertRefused(request, Code.JOIN_NOT_ALLOWED);
            }
        }
    }

    // PROTOCOL R-FROZEN-2 R-FROZEN-6
    /// The answer was `unknown_group`, which settles what the client had sent before: it dropped a
    /// commit that is in the log after the repair.
    @Test
    @DisplayName("I3: a group that the store has lost is frozen for references and HTTP, too")
    void aReferenceInALostGroupSettlesNothing() throws Exception {
        var lost = group("lost");
        server.remembered.seen(lost, Bytes.ofHex("aa".repeat(16)));
        var message = commit(lost, 0, "c".repeat(100_000));
        try (var alice = TestClient.open(server, "alice/phone")) {
            var bundle =
                    Commit.newBuilder()
                            .setGroupId(lost.bytes().asByteString())
                            .setMessageReference(reference(message));
            alice.assertRefused(send(alice, bundle), Code.GROUP_FROZEN);
        }
        var answer = get("alice/phone", "/v1/groups/bG9zdA/group-info");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).isPresent();
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("group_frozen");
    }

    // PROTOCOL R-REF-1 R-REF-3
    @Test
    void aBundleMayComeByReferenceInEveryPart() throws Exception {
        var bob = ClientId.parse("bob/phone");
        var ref = server.keyPackageOf(bob);
        var message = upload(commit(GROUP, 0, "c".repeat(100_000)));
        var welcome = upload(welcome(MlsBytes.text("shared"), ref));
        var info = upload(groupInfo(GROUP, 1));
        var tree = upload(TREE);
        try (var alice = TestClient.open(server, "alice/phone");
                var phone = TestClient.open(server, "bob/phone")) {
            var accepted =
                    alice.accepted(
                            send(
                                    alice,
                                    bundle().setMessageReference(reference(message))
                                            .setWelcomeReference(reference(welcome))
                                            .setGroupInfoReference(reference(info))));
            assertThat(accepted.getEpoch()).isEqualTo(1);
            assertThat(server.isMember(GROUP, "bob/phone")).isTrue();
            var item = phone.await(ServerFrame::hasInbox).getInbox();
            assertThat(Bytes.of(item.getWelcome())).isEqualTo(welcome);
            assertThat(item.hasRatchetTree()).isFalse();
        }
        var answer = get("alice/phone", infoPath());
        assertThat(answer.body()).isEqualTo(info.toArray());
        assertThat(answer.headers().firstValue("lockstep-ratchet-tree")).isEmpty();
        assertThat(tree).isEqualTo(TREE);
    }

    // PROTOCOL R-TREE-1
    @Test
    void joinersGetTheTreeReferenceWithWelcomeAndGroupInfo() throws Exception {
        var bob = ClientId.parse("bob/phone");
        var welcome = welcome(MlsBytes.text("shared"), server.keyPackageOf(bob));
        try (var alice = TestClient.open(server, "alice/phone");
                var phone = TestClient.open(server, "bob/phone")) {
            // Inline: the server stores it as a blob nevertheless.
            alice.accepted(
                    send(
                            alice,
                            Commit.newBuilder()
                                    .setMessage(commit(GROUP, 0, "adds bob").asByteString())
                                    .setWelcome(welcome.asByteString())
                                    .setRatchetTree(TREE.asByteString())));
            var item = phone.await(ServerFrame::hasInbox).getInbox();
            assertThat(item.getRatchetTree()).isEqualTo(reference(TREE));
            assertThat(item.getSerializedSize()).isLessThan(1_500);
            var tree = get("bob/phone", blobPath(TREE));
            assertThat(tree.body()).isEqualTo(TREE.toArray());
        }
    }

    // PROTOCOL R-TREE-1
    @Test
    void aNewGroupsTreeIsStored() throws Exception {
        var founded = group("founded");
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(
                    alice.send(f ->
                            f.setCreate(
                                    Create.newBuilder()
                                            .setGroupId(founded.bytes().asByteString())
                                            .setRatchetTree(TREE.asByteString()))));
            assertThat(server.blobs.get(founded, TREE.sha256()).block()).isEqualTo(TREE);
        }
    }

    // PROTOCOL R-MAIL-6
    @Test
    void aLongWelcomeIsFetchedOverHttp() throws Exception {
        var shared = BlobStoreContract.bytes(200_000);
        var bobs = server.keyPackageOf(ClientId.parse("bob/phone"));
        var carols = server.keyPackageOf(ClientId.parse("carol/phone"));
        var welcome = upload(welcome(shared, bobs, carols));
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(
                    send(
                            alice,
                            bundle().setMessage(commit(GROUP, 0, "adds two").asByteString())
                                    .setWelcomeReference(reference(welcome))));
            var item = bob.await(ServerFrame::hasInbox).getInbox();
            var expected = welcome(shared, bobs);
            assertThat(item.getWelcome().isEmpty()).isTrue();
            assertThat(item.getWelcomeBytes()).isEqualTo(expected.size());

            var path = "/v1/inbox/" + base64(Bytes.of(item.getId())) + "/welcome";
            assertThat(get("bob/phone", path).body()).isEqualTo(expected.toArray());
            assertThat(get("carol/phone", path).statusCode()).isEqualTo(403);
            bob.send(f -> f.setInboxAck(InboxAck.newBuilder().addId(item.getId())));
        }
        // Still stored for the other joiner after the first has acknowledged its own.
        try (var carol = TestClient.open(server, "carol/phone")) {
            assertThat(carol.await(ServerFrame::hasInbox).getInbox().getWelcomeBytes())
                    .isPositive();
        }
    }

    // PROTOCOL R-CREATE-6
    /// It was refused with unknown_group: its author was looked up in the store while the earlier
    /// create was still on its way there.
    @Test
    void aBundleWithATreeMayFollowItsGroupsCreateAtOnce() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            for (int i = 0; i < 20; i++) {
                var founded = group("founded " + i);
                long create = alice.create(founded);
                long bundle =
                        send(
                                alice,
                                Commit.newBuilder()
                                        .setMessage(commit(founded, 0, "first").asByteString())
                                        .setRatchetTree(TREE.asByteString()));
                long after = alice.message(application(founded, 1, "second"));
                alice.accepted(create);
                assertThat(alice.accepted(bundle).getPosition()).isEqualTo(1);
                assertThat(alice.accepted(after).getPosition()).isEqualTo(2);
            }
        }
    }

    /// It was refused with removed, although the same bytes inline are not.
    @Test
    @DisplayName("I4: a removed member gets the original answer to what it sent by reference")
    void aRemovedMemberLearnsTheOutcomeOfItsReferences() throws Exception {
        var message = upload(application(GROUP, 1, "m".repeat(200_000)));
        var own = commit(GROUP, 1, "bob's");
        var byReference =
                Send.newBuilder()
                        .setMessageReference(reference(message))
                        .setGroupId(GROUP.bytes().asByteString());
        var withTree =
                Commit.newBuilder()
                        .setMessage(own.asByteString())
                        .setRatchetTree(TREE.asByteString());
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(
                    send(
                            alice,
                            Commit.newBuilder()
                                    .setMessage(commit(GROUP, 0, "adds bob").asByteString())
                                    .setRosterChange(
                                            RosterChange.newBuilder().addAdd("bob/phone"))));
            bob.accepted(bob.send(f -> f.setSend(byReference)));
            bob.accepted(send(bob, withTree));
            alice.accepted(
                    send(
                            alice,
                            Commit.newBuilder()
                                    .setMessage(commit(GROUP, 2, "removes bob").asByteString())
                                    .setRosterChange(
                                            RosterChange.newBuilder().addRemove("bob/phone"))));

            var again = bob.accepted(bob.send(f -> f.setSend(byReference)));
            assertThat(again.getRepeat()).isTrue();
            assertThat(again.getPosition()).isEqualTo(2);
            var commitAgain = bob.accepted(send(bob, withTree));
            assertThat(commitAgain.getRepeat()).isTrue();
            assertThat(commitAgain.getPosition()).isEqualTo(3);

            // And nothing about what it had not sent then, whether that is stored or not.
            var later = upload(application(GROUP, 3, "l".repeat(200_000)));
            var nowhere = application(GROUP, 3, "n".repeat(200_000));
            for (var each : new Bytes[] {later, nowhere}) {
                var send = byReference.clone().setMessageReference(reference(each));
                bob.assertRefused(bob.send(f -> f.setSend(send)), Code.REMOVED);
            }
            var tree = BlobStoreContract.bytes(6_000);
            bob.assertRefused(
                    send(
                            bob,
                            Commit.newBuilder()
                                    .setMessage(commit(GROUP, 3, "too late").asByteString())
                                    .setRatchetTree(tree.asByteString())),
                    Code.REMOVED);
            assertThat(server.blobs.get(GROUP, tree.sha256()).blockOptional()).isEmpty();
        }
    }

    private static String base64(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray());
    }

    private static String infoPath() {
        return "/v1/groups/" + base64(GROUP.bytes()) + "/group-info";
    }

    private static String blobPath(Bytes content) {
        return "/v1/groups/" + base64(GROUP.bytes()) + "/blobs/" + content.sha256().hex();
    }
}
