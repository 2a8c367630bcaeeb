package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Members see whom a commit adds and removes, as its author declared it.
class RosterChangeDeliveryTest {
    private static final GroupId GROUP = MlsBytes.group("named");

    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private static Commit.Builder commit(long epoch, String what, RosterChange.Builder change) {
        return Commit.newBuilder()
                .setMessage(MlsBytes.commit(GROUP, epoch, what).asByteString())
                .setRosterChange(change);
    }

    private static RosterChange.Builder adding(List<String> names) {
        return RosterChange.newBuilder().addAllAdd(names);
    }

    private static Delivery delivery(TestClient client, long position) throws Exception {
        return client.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == position)
                .getDelivery();
    }

    // PROTOCOL R-DELIVERY-9
    @ParameterizedTest
    @EnumSource
    @DisplayName("a delivery names whom its commit adds and removes, and nobody is named twice")
    void aDeliveryNamesTheDeclaredChange(FrameFormat format) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone", format)) {
            alice.accepted(alice.create(GROUP));
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            var change = adding(List.of("bob/phone", "bob/phone")).addRemove("nobody/here");
            alice.accepted(alice.send(f -> f.setCommit(commit(0, "add bob", change))));
            assertThat(delivery(alice, 1).getRosterChange())
                    .isEqualTo(adding(List.of("bob/phone")).addRemove("nobody/here").build());

            alice.accepted(alice.commit(MlsBytes.commit(GROUP, 1, "nobody")));
            var nobody = delivery(alice, 2);
            assertThat(nobody.hasRosterChange()).isTrue();
            assertThat(nobody.getRosterChange()).isEqualTo(RosterChange.getDefaultInstance());
            alice.accepted(alice.message(MlsBytes.application(GROUP, 2, "hello")));
            assertThat(delivery(alice, 3).hasRosterChange()).isFalse();
        }
    }

    // PROTOCOL R-DELIVERY-9
    @Test
    @DisplayName("a delivery names the sender of an external commit")
    void anExternalCommitNamesItsSender() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var carol = TestClient.open(server, "carol/laptop")) {
            alice.accepted(alice.create(GROUP, ExternalJoin.EXTERNAL_JOIN_OPEN));
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            carol.accepted(carol.commit(MlsBytes.externalCommit(GROUP, 0, "carol")));
            assertThat(delivery(alice, 1).getRosterChange())
                    .isEqualTo(adding(List.of("carol/laptop")).build());
        }
    }

    // PROTOCOL R-DELIVERY-9
    @Test
    @DisplayName("many names travel apart, as a blob of the group, also in a refusal")
    void manyNamesTravelApart() throws Exception {
        var names = IntStream.range(0, 600).mapToObj("user-%03d/phone"::formatted).toList();
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(
                    alice.send(f -> f.setCommit(commit(0, "bob", adding(List.of("bob/phone"))))));
            bob.attach(GROUP);
            bob.await(ServerFrame::hasLive);
            alice.accepted(alice.send(f -> f.setCommit(commit(1, "many", adding(names)))));

            var delivered = delivery(bob, 2);
            assertThat(delivered.hasRosterChange()).isFalse();
            var reference = delivered.getRosterChangeReference();
            var blob =
                    server.blobs
                            .get(GROUP, Bytes.of(reference.getSha256()))
                            .blockOptional()
                            .orElseThrow();
            assertThat(reference.getSize()).isEqualTo(blob.size());
            assertThat(RosterChange.parseFrom(blob.asByteString()))
                    .isEqualTo(adding(names).build());

            var lost = commit(1, "too late", RosterChange.newBuilder()).setKnownPosition(1);
            var refused = bob.refused(bob.send(f -> f.setCommit(lost)));
            assertThat(refused.getCode()).isEqualTo(Code.EPOCH_CONFLICT.wireName());
            assertThat(refused.getMissed(0).getRosterChangeReference()).isEqualTo(reference);
        }
    }

    // PROTOCOL R-DELIVERY-9
    @Test
    @DisplayName("I9: an outsider's commit with many names stores no blob")
    void anOutsidersNamesAreNotStored() throws Exception {
        var names = IntStream.range(0, 600).mapToObj("user-%03d/phone"::formatted).toList();
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            alice.accepted(alice.create(GROUP));
            var removal = RosterChange.newBuilder().addAllRemove(names);
            eve.assertRefused(
                    eve.send(f -> f.setCommit(commit(0, "all", removal))), Code.NOT_A_MEMBER);
            var blob = Bytes.of(removal.build().toByteString());
            assertThat(server.blobs.info(GROUP, blob.sha256()).blockOptional()).isEmpty();
        }
    }
}
