package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.externalCommit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ExternalJoin;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Joiners of a commit are looked up only for members.
final class OutsidersCommitTest {
    private static final GroupId CLUB = group("club");
    private static final GroupId TEAM = group("team");
    private static final ClientId BOB = new ClientId("bob", "phone");
    private static final Bytes REF = MlsBytes.text("single use").sha256();

    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private static void create(TestClient client, GroupId group) throws Exception {
        client.accepted(client.create(group, ExternalJoin.EXTERNAL_JOIN_OPEN, groupInfo(group, 0)));
    }

    private static long add(TestClient client, Bytes message) {
        return client.send(f ->
                f.setCommit(
                        Commit.newBuilder()
                                .setMessage(message.asByteString())
                                .setWelcome(welcome(List.of(REF)).asByteString())));
    }

    /// An outsider's commit bound the KeyPackages that it named to its group, so that members of
    /// other groups could not use them.
    @Test
    void anOutsidersCommitLeavesKeyPackagesToMembers() throws Exception {
        var keyPackage =
                new StoredKeyPackage(
                        BOB,
                        REF,
                        KeyPackageKind.ofSuite(1),
                        false,
                        Instant.now().plus(Duration.ofDays(1)),
                        MlsBytes.text("key package"));
        server.keyPackages
                .publish(
                        PublishRequest.of(
                                BOB,
                                List.of(new OfferedKeyPackage(keyPackage, Features.NONE)),
                                false,
                                10))
                .block();
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            create(alice, CLUB);
            create(alice, TEAM);
            eve.assertRefused(add(eve, commit(CLUB, 0, "mine")), Code.NOT_A_MEMBER);
            eve.assertRefused(add(eve, externalCommit(CLUB, 0, "in")), Code.INVALID_REQUEST);
            eve.assertRefused(add(eve, commit(group("none"), 0, "no")), Code.UNKNOWN_GROUP);

            alice.accepted(add(alice, commit(TEAM, 0, "adds bob")));
            assertThat(server.isMember(TEAM, "bob/phone")).isTrue();
        }
    }
}
