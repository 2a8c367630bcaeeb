package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A creator that creates its group again is told so. The server answers a repeated creation like the
/// first one; the library took that for a new group, and the creator was alone in it from then on.
final class CreateTwiceIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("twice".getBytes(StandardCharsets.UTF_8)));

    @TempDir private Path folder;

    // PROTOCOL R-CREATE-4
    @Test
    void aSecondCreationByTheCreatorIsRefusedWithAndWithoutItsState() {
        try (var server = KillableServer.start(folder);
                var network = ClientNetwork.start(1);
                var engine = BouncyCastleEngine.start("mls", InstantSource.system())) {
            try (var alice = device(engine, network, server)) {
                alice.connect().block(TIMEOUT);
                create(alice);
                assertThatThrownBy(() -> create(alice)).satisfies(CreateTwiceIT::groupExists);
            }
            try (var withoutState = device(engine, network, server)) {
                withoutState.connect().block(TIMEOUT);
                assertThatThrownBy(() -> create(withoutState))
                        .satisfies(CreateTwiceIT::groupExists);
            }
        }
    }

    private static MemberDevice device(
            EngineThread engine, ClientNetwork network, KillableServer server) {
        var config =
                ClientConfig.of(
                        server.webSocket(),
                        server.http(),
                        () -> "dev:alice/phone",
                        Backoff.ofDefaults(new Random(12)));
        return Objects.requireNonNull(
                MemberDevice.create("alice/phone", engine, network, config, new MemberListener() {})
                        .block(TIMEOUT));
    }

    private static void create(MemberDevice device) {
        device.createGroup(GROUP, GroupPolicy.getDefaultInstance()).block(TIMEOUT);
    }

    private static void groupExists(Throwable e) {
        assertThat(e)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.is(Code.GROUP_EXISTS)).isTrue());
    }
}
