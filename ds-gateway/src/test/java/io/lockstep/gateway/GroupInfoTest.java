package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.crypto.SignedGroupInfos;
import io.lockstep.crypto.SignedGroupInfos.Says;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// An invalid GroupInfo refuses its bundle (RFC 9420 §12.4.3).
final class GroupInfoTest {
    private static final GroupId GROUP = group("library");

    private final TestServer server = TestServer.start();
    private final SignedGroupInfos made = new SignedGroupInfos(4);
    private final Bytes tree = made.tree(2);
    private final Bytes hash = SignedGroupInfos.hash(tree);

    @BeforeEach
    void create() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static long bundle(TestClient client, long epoch, Bytes groupInfo) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(commit(GROUP, epoch, "c" + epoch).asByteString())
                                .setGroupInfo(groupInfo.asByteString())));
    }

    private void refused(Code code, Bytes groupInfo) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            var refusal = alice.refused(bundle(alice, 0, groupInfo));
            assertThat(refusal.getCode()).isEqualTo(code.wireName());
            // All or nothing.
            assertThat(Objects.requireNonNull(server.log.tail(GROUP).block()).position()).isZero();
            assertThat(stored()).isEmpty();
        }
    }

    private Optional<StoredGroupInfo> stored() {
        return Objects.requireNonNull(server.log.groupInfo(GROUP).block());
    }

    @Test
    void aGroupInfoSignedByAMemberOfItsTreeIsStored() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(bundle(alice, 0, made.of(GROUP, 1, tree, true)));
            assertThat(stored()).hasValueSatisfying(s -> assertThat(s.epoch()).isEqualTo(1));
        }
    }

    // PROTOCOL R-INFO-2
    @Test
    void withoutATreeOnlyGroupAndEpochAreChecked() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(
                    bundle(alice, 0, made.of(new Says(GROUP, 1, Bytes.EMPTY, 9, 3, Bytes.EMPTY))));
        }
    }

    // PROTOCOL R-INFO-2
    @Test
    void aSignatureByAnotherSignerIsRefused() throws Exception {
        refused(Code.INVALID_GROUP_INFO, made.of(new Says(GROUP, 1, hash, 0, 1, tree)));
    }

    // PROTOCOL R-INFO-2
    @Test
    void aBrokenSignatureIsRefused() throws Exception {
        var array = made.of(GROUP, 1, tree, true).toArray();
        array[array.length - 1] ^= 1;
        refused(Code.INVALID_GROUP_INFO, Bytes.wrap(array));
    }

    // PROTOCOL R-INFO-2
    @Test
    void anotherTreeIsRefused() throws Exception {
        refused(Code.INVALID_GROUP_INFO, made.of(new Says(GROUP, 1, hash, 0, 0, made.tree())));
    }

    // PROTOCOL R-INFO-2
    @Test
    void aSignerOutOfRangeOrBlankIsRefused() throws Exception {
        refused(Code.INVALID_GROUP_INFO, made.of(new Says(GROUP, 1, hash, 4, 0, tree)));
        refused(Code.INVALID_GROUP_INFO, made.of(new Says(GROUP, 1, hash, 2, 2, tree)));
    }

    // PROTOCOL R-INFO-2
    @Test
    void aMalformedTreeIsRefused() throws Exception {
        var cut = tree.slice(0, tree.size() - 1);
        refused(Code.INVALID_GROUP_INFO, made.of(new Says(GROUP, 1, hash, 0, 0, cut)));
    }

    // PROTOCOL R-INFO-1
    @Test
    void anotherEpochOrGroupIsRefused() throws Exception {
        refused(Code.GROUP_INFO_MISMATCH, made.of(GROUP, 0, tree, true));
        refused(Code.GROUP_INFO_MISMATCH, made.of(group("other"), 1, tree, true));
    }

    // PROTOCOL R-INFO-2
    @Test
    void theGroupInfoOfACreateIsCheckedToo() throws Exception {
        var fresh = group("fresh");
        try (var alice = TestClient.open(server, "alice/phone")) {
            var broken = made.of(new Says(fresh, 0, hash, 0, 1, tree));
            assertThat(alice.refused(create(alice, fresh, broken)).getCode())
                    .isEqualTo(Code.INVALID_GROUP_INFO.wireName());
            assertThat(server.log.tail(fresh).block()).isNull();
            alice.accepted(create(alice, fresh, made.of(fresh, 0, tree, true)));
        }
    }

    private static long create(TestClient client, GroupId group, Bytes groupInfo) {
        return client.send(f ->
                f.setCreate(
                        Create.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setGroupInfo(groupInfo.asByteString())));
    }

    // PROTOCOL R-LIFE-6
    /// The check runs off the event loop. Later submissions of the client must not overtake it.
    @Test
    void submissionsKeepTheirOrderWhileAGroupInfoIsChecked() throws Exception {
        var big = new SignedGroupInfos(200);
        var bigTree = big.tree();
        try (var alice = TestClient.open(server, "alice/phone")) {
            for (int epoch = 0; epoch < 10; epoch++) {
                long bundle = bundle(alice, epoch, big.of(GROUP, epoch + 1L, bigTree, true));
                long after = alice.message(application(GROUP, epoch + 1L, "in the new epoch"));
                long position = alice.accepted(bundle).getPosition();
                assertThat(alice.accepted(after).getPosition()).isEqualTo(position + 1);
            }
        }
    }
}
