package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.auth.ClientId;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Rules of docs/PROTOCOL.md for single frames and their fields.
final class FrameRulesTest {
    private static final GroupId GROUP = group("rules");
    private static final ClientId BOB = new ClientId("bob", "phone");

    private TestServer server;

    @BeforeEach
    void start() {
        server = TestServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    // PROTOCOL R-WIRE-3 R-WIRE-4
    @Test
    void theFirstKnownSubprotocolIsChosenAndNoExtension() throws Exception {
        try (var raw = new RawConnection(server)) {
            assertThat(raw.upgrade("chat.v9, lockstep.v1.json, lockstep.v1.proto"))
                    .startsWith("HTTP/1.1 101 ")
                    .containsIgnoringCase("sec-websocket-protocol: lockstep.v1.json\r\n")
                    .doesNotContainIgnoringCase("sec-websocket-extensions");
        }
    }

    // PROTOCOL R-READY-1
    @Test
    void readyIsTheFirstFrame() throws Exception {
        var ref = server.keyPackageOf(BOB);
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(add(alice, "bob", welcomeOf(ref)));
        }
        try (var bob = TestClient.connect(server, FrameFormat.PROTO)) {
            bob.send(f ->
                    f.setHello(
                            Hello.newBuilder()
                                    .setToken("dev:bob/phone")
                                    .addResume(Attach.newBuilder().setCursor(cursor()))));
            assertThat(bob.await(_ -> true).hasReady()).isTrue();
            bob.await(ServerFrame::hasInbox);
            bob.await(ServerFrame::hasLive);
        }
    }

    // PROTOCOL R-FRAME-2 R-FRAME-3
    @Test
    void onlyAnswersCarryARequestId() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.sendPayload(
                    FrameCodec.encodePayload(
                            FrameFormat.PROTO,
                            ClientFrame.newBuilder()
                                    .setCreate(Create.newBuilder().setGroupId(bytes()))
                                    .build()));
            assertThat(alice.await(ServerFrame::hasAccepted).getRequestId()).isZero();
            alice.attach(GROUP);
            assertThat(alice.await(ServerFrame::hasLive).getRequestId()).isZero();
            alice.send(f -> f.setDetach(Detach.newBuilder().setGroupId(bytes())));
            assertThat(alice.await(ServerFrame::hasDetached).getRequestId()).isZero();
        }
    }

    // PROTOCOL R-CREATE-3
    @Test
    void partsOfACreateComeInlineWithinTheLimit() throws Exception {
        var tooLong = ByteString.copyFrom(new byte[64 * 1024 + 1]);
        try (var alice = TestClient.open(server, "alice/phone")) {
            var create = Create.newBuilder().setGroupId(bytes());
            alice.assertRefused(
                    alice.send(f -> f.setCreate(create.clone().setGroupInfo(tooLong))),
                    Code.MESSAGE_TOO_LARGE);
            alice.assertRefused(
                    alice.send(f -> f.setCreate(create.clone().setRatchetTree(tooLong))),
                    Code.MESSAGE_TOO_LARGE);
        }
    }

    @Test
    void aPolicyOutOfRangeIsRefused() throws Exception {
        var wrong =
                List.of(
                        GroupPolicy.newBuilder().setPastEpochs(17),
                        GroupPolicy.newBuilder().setExternalJoinValue(99),
                        GroupPolicy.newBuilder().setRetentionSeconds(0),
                        GroupPolicy.newBuilder().setRetentionSeconds(90 * 86_400 + 1),
                        GroupPolicy.newBuilder().setRetentionBytes(0),
                        GroupPolicy.newBuilder().setRetentionBytes((1L << 30) + 1),
                        GroupPolicy.newBuilder().setRetentionBytes(-1));
        try (var alice = TestClient.open(server, "alice/phone")) {
            var create = Create.newBuilder().setGroupId(bytes());
            for (var policy : wrong) {
                alice.assertRefused(
                        alice.send(f -> f.setCreate(create.clone().setPolicy(policy))),
                        Code.INVALID_REQUEST);
            }
            var right =
                    GroupPolicy.newBuilder()
                            .setPastEpochs(16)
                            .setRetentionSeconds(90 * 86_400)
                            .setRetentionBytes(1L << 30);
            alice.accepted(alice.send(f -> f.setCreate(create.clone().setPolicy(right))));
        }
    }

    // PROTOCOL R-READY-4
    @Test
    void anInlineWelcomeMayBeAsLongAsReadyTells() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var tooLong = new byte[SessionLimits.DEFAULT.welcomeBytesMax() + 1];
            alice.assertRefused(
                    add(alice, "bob", ByteString.copyFrom(tooLong)), Code.MESSAGE_TOO_LARGE);
            // As long as it may be, it is read; and it is no MLSMessage.
            alice.assertRefused(
                    add(alice, "bob", ByteString.copyFrom(tooLong, 1, tooLong.length - 1)),
                    Code.UNSUPPORTED_VERSION);
        }
    }

    // PROTOCOL R-SEND-1 R-SEND-2
    @Test
    void theGroupMustBeThatOfTheMessage() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var message = Send.newBuilder().setMessage(application(GROUP, 0, "m").asByteString());
            alice.assertRefused(
                    alice.send(f ->
                            f.setSend(
                                    message.clone()
                                            .setGroupId(group("other").bytes().asByteString()))),
                    Code.INVALID_REQUEST);
            alice.accepted(alice.send(f -> f.setSend(message.clone().setGroupId(bytes()))));
            alice.accepted(alice.message(application(GROUP, 0, "without a group_id")));
        }
    }

    // PROTOCOL R-COMMIT-7
    @Test
    void theClientsOfARosterChangeAreLimited() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.assertRefused(
                    change(alice, RosterChange.newBuilder().addAllRemove(names(4_097))),
                    Code.INVALID_REQUEST);
            alice.assertRefused(
                    change(alice, RosterChange.newBuilder().addAllAdd(names(65_537))),
                    Code.INVALID_REQUEST);
            alice.accepted(change(alice, RosterChange.newBuilder().addAllRemove(names(4_096))));
        }
    }

    // PROTOCOL R-ACK-2
    @Test
    void anAckOfAGroupThatIsNotAttachedIsIgnored() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.send(f -> f.setAck(Ack.newBuilder().setGroupId(bytes()).setPosition(7)));
            alice.create(GROUP);
            assertThat(alice.await(_ -> true).hasAccepted()).isTrue();
        }
    }

    // PROTOCOL R-MAIL-3
    @Test
    void ownItemsAreAcknowledgedThoughAnotherIdIsRefused() throws Exception {
        var ref = server.keyPackageOf(BOB);
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(add(alice, "bob", welcomeOf(ref)));
            var own = bob.await(ServerFrame::hasInbox).getInbox().getId();
            var foreign = ByteString.copyFrom(new byte[16]);
            bob.assertRefused(
                    bob.send(f -> f.setInboxAck(InboxAck.newBuilder().addId(own).addId(foreign))),
                    Code.NOT_YOURS);
            assertThat(server.inbox.page(BOB, 0).blockOptional().orElseThrow().items()).isEmpty();
        }
    }

    // PROTOCOL R-ATTACH-6
    @Test
    void anAttachThatFailsEndsTheOneBeforeItUnlessItIsMalformed() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            alice.assertRefused(
                    attach(alice, cursor().setIncarnation(ByteString.copyFrom(new byte[3]))),
                    Code.INVALID_REQUEST);
            alice.accepted(alice.message(application(GROUP, 0, "still shown")));
            alice.await(ServerFrame::hasDelivery);
            attach(alice, cursor().setIncarnation(ByteString.copyFrom(new byte[16])));
            alice.await(ServerFrame::hasGap);
            alice.accepted(alice.message(application(GROUP, 0, "not shown")));
            alice.send(f -> f.setDetach(Detach.newBuilder().setGroupId(bytes())));
            assertThat(alice.await(f -> f.hasDelivery() || f.hasDetached()).hasDetached()).isTrue();
        }
    }

    // PROTOCOL R-SUB-8
    @Test
    void anotherMemberMaySendTheSameBytesAgain() throws Exception {
        var ref = server.keyPackageOf(BOB);
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(add(alice, "bob", welcomeOf(ref)));
            var message = application(GROUP, 1, "the same");
            var first = alice.accepted(alice.message(message));
            var again = bob.accepted(bob.message(message));
            assertThat(again).isEqualTo(first.toBuilder().setRepeat(true).build());
        }
    }

    private static long change(TestClient client, RosterChange.Builder change) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(commit(GROUP, 0, "names").asByteString())
                                .setRosterChange(change)));
    }

    private static long add(TestClient client, String text, ByteString welcome) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(commit(GROUP, 0, text).asByteString())
                                .setWelcome(welcome)));
    }

    private static ByteString welcomeOf(io.lockstep.wire.Bytes ref) {
        return welcome(List.of(ref)).asByteString();
    }

    private static long attach(TestClient client, Cursor.Builder cursor) {
        return client.send(f -> f.setAttach(Attach.newBuilder().setCursor(cursor)));
    }

    private static Cursor.Builder cursor() {
        return Cursor.newBuilder().setGroupId(bytes());
    }

    private static ByteString bytes() {
        return GROUP.bytes().asByteString();
    }

    private static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "u" + i + "/d").toList();
    }
}
