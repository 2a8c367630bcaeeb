package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Leave;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Leaving over real sockets.
class LeaveTest {
    private static final GroupId GROUP = MlsBytes.group("left");

    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private static void gather(TestClient alice, TestClient bob) throws Exception {
        alice.accepted(alice.create(GROUP));
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
        alice.await(ServerFrame::hasLive);
        bob.await(ServerFrame::hasLive);
    }

    private static long leave(TestClient client) {
        return client.send(
                f -> f.setLeave(Leave.newBuilder().setGroupId(GROUP.bytes().asByteString())));
    }

    // PROTOCOL R-LEAVE-1 R-LEAVE-2 R-LEAVE-5
    @ParameterizedTest
    @EnumSource
    @DisplayName("I9: a leaver gets the entry that says so, and nothing after it")
    void aMemberLeaves(FrameFormat format) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone", format);
                var bob = TestClient.open(server, "bob/phone", format)) {
            gather(alice, bob);
            assertThat(bob.accepted(leave(bob)).getPosition()).isEqualTo(2);
            for (var one : new TestClient[] {alice, bob}) {
                var entry =
                        one.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == 2)
                                .getDelivery();
                assertThat(entry.getControl().getMemberLeft().getClient()).isEqualTo("bob/phone");
            }
            assertThat(bob.await(ServerFrame::hasDetached).getDetached().getCode())
                    .isEqualTo("left");

            var again = bob.accepted(leave(bob));
            assertThat(again.getRepeat()).isTrue();
            assertThat(again.getPosition()).isEqualTo(2);
            bob.assertRefused(bob.message(MlsBytes.application(GROUP, 1, "late")), Code.REMOVED);
            // What it was shown before it may read again.
            bob.attach(GROUP);
            assertThat(bob.await(ServerFrame::hasDetached).getDetached().getCode())
                    .isEqualTo("left");

            alice.accepted(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(
                                                    MlsBytes.commit(GROUP, 1, "remove bob")
                                                            .asByteString())
                                            .setRosterChange(
                                                    RosterChange.newBuilder()
                                                            .addRemove("bob/phone")))));
            alice.accepted(alice.message(MlsBytes.application(GROUP, 2, "alone")));
        }
    }

    // PROTOCOL R-LEAVE-2
    @Test
    void aLeaverThatCatchesUpGetsTheEntryAndThenTheCode() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            gather(alice, bob);
            // Another session of the same device takes over; it was attached to nothing yet.
            try (var away = TestClient.open(server, "bob/phone")) {
                away.accepted(leave(away));
                away.attach(GROUP);
                away.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == 2);
                assertThat(away.await(ServerFrame::hasDetached).getDetached().getCode())
                        .isEqualTo("left");
            }
        }
    }

    @Test
    void onlyAMemberMayLeave() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            alice.accepted(alice.create(GROUP));
            eve.assertRefused(leave(eve), Code.NOT_A_MEMBER);
            eve.assertRefused(
                    eve.send(f -> f.setLeave(Leave.getDefaultInstance())), Code.INVALID_REQUEST);
        }
    }
}
