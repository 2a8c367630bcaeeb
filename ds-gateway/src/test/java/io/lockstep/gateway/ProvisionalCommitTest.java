package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Reinit;
import io.lockstep.wire.proto.Reject;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Control entries over real sockets: acknowledgements confirm, rejections void, a successor ends the
/// group.
class ProvisionalCommitTest {
    private static final GroupId GROUP = MlsBytes.group("provisional");

    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    /// A group of alice and bob in epoch 1; both are attached.
    private void gather(TestClient alice, TestClient bob) throws Exception {
        alice.accepted(
                alice.send(frame ->
                        frame.setCreate(
                                Create.newBuilder()
                                        .setGroupId(GROUP.bytes().asByteString())
                                        .setPolicy(GroupPolicy.newBuilder().setVoidAfter(1)))));
        alice.accepted(
                alice.send(frame ->
                        frame.setCommit(
                                Commit.newBuilder()
                                        .setMessage(
                                                MlsBytes.commit(GROUP, 0, "add bob").asByteString())
                                        .setRosterChange(
                                                RosterChange.newBuilder().addAdd("bob/phone")))));
        alice.attach(GROUP);
        bob.attach(GROUP);
        bob.await(ServerFrame::hasLive);
    }

    private static Delivery delivery(TestClient client, long position) throws Exception {
        return client.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == position)
                .getDelivery();
    }

    // PROTOCOL R-VOID-1 R-VOID-2 R-VOID-3
    @ParameterizedTest
    @EnumSource
    @DisplayName("I1: an ack of another member confirms, and only then")
    void anAckConfirms(FrameFormat format) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone", format);
                var bob = TestClient.open(server, "bob/phone", format)) {
            gather(alice, bob);
            alice.accepted(alice.commit(MlsBytes.commit(GROUP, 1, "c")));
            assertThat(delivery(bob, 2).getProvisional()).isTrue();
            delivery(alice, 2);
            ack(alice, 2);
            alice.accepted(alice.message(MlsBytes.application(GROUP, 2, "mine")));
            assertThat(delivery(bob, 3).getConfirms()).isZero();

            ack(bob, 3);
            var confirmation = delivery(alice, 4);
            assertThat(confirmation.getKind()).isEqualTo(Kind.KIND_CONTROL);
            assertThat(confirmation.getConfirms()).isEqualTo(2);
            assertThat(confirmation.getControl().getConfirmed().getPosition()).isEqualTo(2);
            assertThat(ControlEntry.parseFrom(confirmation.getMessage()))
                    .isEqualTo(confirmation.getControl());
            bob.assertRefused(reject(bob, 2, "late"), Code.COMMIT_NOT_PROVISIONAL);
        }
    }

    private static void ack(TestClient client, long position) {
        client.send(frame ->
                frame.setAck(
                        Ack.newBuilder()
                                .setGroupId(GROUP.bytes().asByteString())
                                .setPosition(position)));
    }

    private static long reject(TestClient client, long position, String reason) {
        return client.send(frame ->
                frame.setReject(
                        Reject.newBuilder()
                                .setGroupId(GROUP.bytes().asByteString())
                                .setPosition(position)
                                .setReason(reason)));
    }

    // PROTOCOL R-VOID-4 R-VOID-5
    @Test
    @DisplayName("I1: a rejection voids the commit, and the epoch can be ended by another one")
    void aRejectionVoids() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            gather(alice, bob);
            alice.accepted(alice.commit(MlsBytes.commit(GROUP, 1, "junk")));
            delivery(bob, 2);

            var accepted = bob.accepted(reject(bob, 2, "cannot decrypt the path"));
            assertThat(accepted.getPosition()).isEqualTo(3);
            assertThat(accepted.getEpoch()).isEqualTo(1);
            var voided = delivery(alice, 3).getControl().getVoided();
            assertThat(voided.getPosition()).isEqualTo(2);
            assertThat(voided.getEpoch()).isEqualTo(1);

            alice.assertRefused(
                    alice.message(MlsBytes.application(GROUP, 2, "void")),
                    Code.EPOCH_FROM_THE_FUTURE);
            assertThat(bob.accepted(bob.commit(MlsBytes.commit(GROUP, 1, "good"))).getEpoch())
                    .isEqualTo(2);
        }
    }

    // PROTOCOL R-REINIT-1 R-REINIT-2
    @Test
    @DisplayName("the first successor ends the group; a later one is refused with it")
    void aSuccessorEndsTheGroup() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            gather(alice, bob);
            assertThat(alice.accepted(reinit(alice, "first")).getEpoch()).isEqualTo(1);
            var told = bob.await(f -> f.hasDelivery() && f.getDelivery().hasControl());
            assertThat(told.getDelivery().getControl().getReinitialized().getSuccessorGroupId())
                    .isEqualTo(MlsBytes.text("first").asByteString());

            var refused = alice.refused(reinit(alice, "second"));
            assertThat(refused.getCode()).isEqualTo(Code.GROUP_REINITIALIZED.wireName());
            assertThat(refused.getSuccessorGroupId())
                    .isEqualTo(MlsBytes.text("first").asByteString());
            bob.assertRefused(
                    bob.message(MlsBytes.application(GROUP, 1, "late")), Code.GROUP_REINITIALIZED);
        }
    }

    private static long reinit(TestClient client, String successor) {
        return client.send(frame ->
                frame.setReinit(
                        Reinit.newBuilder()
                                .setGroupId(GROUP.bytes().asByteString())
                                .setSuccessorGroupId(MlsBytes.text(successor).asByteString())));
    }

    // PROTOCOL R-VOID-8
    @Test
    void aRejectionIsChecked() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            gather(alice, bob);
            eve.assertRefused(reject(eve, 1, ""), Code.NOT_A_MEMBER);
            bob.assertRefused(reject(bob, 0, ""), Code.INVALID_REQUEST);
            bob.assertRefused(reject(bob, 1, "x".repeat(201)), Code.INVALID_REQUEST);
            bob.assertRefused(reject(bob, 99, ""), Code.COMMIT_NOT_PROVISIONAL);
            alice.assertRefused(
                    alice.send(frame ->
                            frame.setCreate(
                                    Create.newBuilder()
                                            .setGroupId(MlsBytes.text("other").asByteString())
                                            .setPolicy(GroupPolicy.newBuilder().setVoidAfter(17)))),
                    Code.INVALID_REQUEST);
        }
    }
}
