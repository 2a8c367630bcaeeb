package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsGroup.TreeLocation;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/// A member commits without a GroupInfo. Another member's device puts it, and a device without state
/// joins by external commit.
final class StaleGroupInfoIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("stale".getBytes(StandardCharsets.UTF_8)));

    /// Longer than the test: this device hears of the commit, and leaves the GroupInfo to others.
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir private Path folder;

    // PROTOCOL R-INFO-5 R-INFO-8 R-EXT-1
    @Test
    void aMembersDevicePutsTheGroupInfoAfterACommitWithoutOne() throws Exception {
        try (var server = KillableServer.start(folder);
                var network = ClientNetwork.start(1);
                var engine = BouncyCastleEngine.start("mls", InstantSource.system());
                var alice = Clients.connect(network, server, "alice/laptop")) {
            var identity =
                    call(
                            engine.call(mls ->
                                    mls.newIdentity(MemberDevice.identityOf("alice/laptop"), 1)));
            var group = call(engine.call(_ -> identity.createGroup(GROUP)));
            call(
                    alice.createGroup(
                            GROUP,
                            0,
                            GroupPolicy.getDefaultInstance(),
                            call(engine.call(_ -> group.groupInfo()))));
            try (var patient = device("bob/phone", engine, network, server, NEVER)) {
                call(patient.connect());
                call(patient.publishKeyPackages(1));
                var claimed = call(alice.directory().claim("bob", List.of(1), "")).claimed();
                commit(
                        alice,
                        engine,
                        group,
                        Change.adding(List.of(claimed.getFirst().keyPackage())),
                        TreeLocation.INSIDE);
                awaitEpoch(patient, 1);

                commit(alice, engine, group, Change.NONE, TreeLocation.LEFT_OUT);
                awaitEpoch(patient, 2);
                assertThat(call(alice.directory().hasCurrentGroupInfo(GROUP))).isFalse();
            }
            // Another device of Bob cannot join now, and its wait does not end the group's.
            try (var tablet = device("bob/tablet", engine, network, server, PATIENCE)) {
                call(tablet.connect());
                assertThatThrownBy(() -> call(alice.directory().groupInfo(GROUP)))
                        .isInstanceOfSatisfying(
                                RefusedException.class,
                                e -> assertThat(e.is(Code.GROUP_INFO_STALE)).isTrue());
                call(
                        alice.directory()
                                .putGroupInfo(GROUP, 2, call(engine.call(_ -> group.groupInfo())))
                                .thenReturn(true));
                call(tablet.joinExternally(GROUP));
            }
        }
    }

    // PROTOCOL R-INFO-8
    @Test
    void theLibraryPutsIt() throws Exception {
        try (var server = KillableServer.start(folder);
                var network = ClientNetwork.start(1);
                var engine = BouncyCastleEngine.start("mls", InstantSource.system());
                var alice = Clients.connect(network, server, "alice/laptop");
                var bob = device("bob/phone", engine, network, server, Duration.ofMillis(100));
                var tablet =
                        device("bob/tablet", engine, network, server, Duration.ofMillis(100))) {
            var identity =
                    call(
                            engine.call(mls ->
                                    mls.newIdentity(MemberDevice.identityOf("alice/laptop"), 1)));
            var group = call(engine.call(_ -> identity.createGroup(GROUP)));
            call(alice.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY));
            call(bob.connect());
            call(bob.publishKeyPackages(1));
            var claimed = call(alice.directory().claim("bob", List.of(1), "")).claimed();
            commit(
                    alice,
                    engine,
                    group,
                    Change.adding(List.of(claimed.getFirst().keyPackage())),
                    TreeLocation.INSIDE);
            awaitEpoch(bob, 1);
            for (int i = 0; i < 3; i++) {
                commit(alice, engine, group, Change.NONE, TreeLocation.LEFT_OUT);
            }
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> call(alice.directory().hasCurrentGroupInfo(GROUP)));

            call(tablet.connect());
            var joined = call(tablet.joinExternally(GROUP));
            assertThat(call(joined.standing()).epoch()).isEqualTo(5);
            awaitEpoch(bob, 5);
        }
    }

    private static void commit(
            LockstepClient client,
            EngineThread engine,
            MlsGroup group,
            Change change,
            TreeLocation tree) {
        StagedCommit staged = call(engine.call(_ -> group.stage(change, tree)));
        call(
                client.commit(
                        new CommitBundle(
                                GROUP,
                                staged.commit(),
                                staged.welcome(),
                                tree == TreeLocation.LEFT_OUT ? Bytes.EMPTY : staged.groupInfo(),
                                List.of(),
                                List.of(),
                                0)));
        call(
                engine.call(_ -> {
                    group.merge(staged);
                    return true;
                }));
    }

    private static void awaitEpoch(MemberDevice device, long epoch) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() ->
                        call(
                                device.onEngine(() ->
                                        device.conversations().stream()
                                                .anyMatch(c -> c.epoch() == epoch))));
    }

    private static MemberDevice device(
            String name,
            EngineThread engine,
            ClientNetwork network,
            KillableServer server,
            Duration backoffMax) {
        var backoff = new Backoff(Duration.ofMillis(20), backoffMax, 1000, new Random(1));
        return call(
                MemberDevice.create(
                        name,
                        engine,
                        network,
                        ClientConfig.of(
                                server.webSocket(), server.http(), () -> "dev:" + name, backoff),
                        new RecordingDevice()));
    }

    private static <T> T call(Mono<T> mono) {
        return Optional.ofNullable(mono.block(PATIENCE)).orElseThrow();
    }
}
