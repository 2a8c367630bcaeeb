package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A member leaves a group with real MLS: it gets nothing more, and another member removes its leaf.
final class LeaveIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP = MlsBytes.group("left");

    @TempDir private Path folder;
    private KillableServer server;
    private ClientNetwork network;
    private EngineThread engine;
    private final List<MemberDevice> devices = new ArrayList<>();

    @BeforeEach
    void start() {
        server = KillableServer.start(folder);
        network = ClientNetwork.start(2);
        engine = BouncyCastleEngine.start("mls", InstantSource.system());
    }

    @AfterEach
    void stop() {
        devices.forEach(MemberDevice::close);
        engine.close();
        network.close();
        server.close();
    }

    // PROTOCOL R-LEAVE-2 R-LEAVE-4
    @Test
    @DisplayName("I9: a leaver reads and writes nothing more, and the others remove its leaf")
    void aMemberLeavesAndAnotherRemovesItsLeaf() {
        for (var user : List.of("alice", "bob", "carol")) {
            devices.add(device(user));
        }
        var creator = devices.getFirst();
        var conversation =
                Objects.requireNonNull(
                        creator.createGroup(GROUP, GroupPolicy.getDefaultInstance())
                                .block(PATIENCE));
        for (var user : List.of("bob", "carol")) {
            var claimed =
                    Objects.requireNonNull(
                            creator.client()
                                    .directory()
                                    .claim(user, List.of(1), "")
                                    .block(PATIENCE));
            conversation.add(claimed.claimed()).block(PATIENCE);
        }
        await(() -> devices.stream().allMatch(d -> members(d).size() == 3));

        var carol = devices.getLast();
        var left = Objects.requireNonNull(in(carol).leave().block(PATIENCE));
        assertThat(left.removed()).isTrue();
        assertThat(Objects.requireNonNull(in(carol).leave().block(PATIENCE)).removed()).isTrue();
        assertThatThrownBy(() -> in(carol).send(MlsBytes.text("after I left")).block(PATIENCE))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.is(Code.REMOVED)).isTrue());

        var rest = devices.subList(0, 2);
        await(() ->
                rest.stream()
                        .allMatch(d -> members(d).equals(List.of("alice/phone", "bob/phone"))));
        await(() ->
                status(rest.getFirst())
                        .epochAuthenticator()
                        .equals(status(rest.getLast()).epochAuthenticator()));
    }

    private static List<String> members(MemberDevice device) {
        return Objects.requireNonNull(
                device.onEngine(() ->
                                device.conversations().stream()
                                        .flatMap(c -> c.members().stream())
                                        .map(MemberDevice::nameOf)
                                        .sorted()
                                        .toList())
                        .block(PATIENCE));
    }

    private static Conversation in(MemberDevice device) {
        return Objects.requireNonNull(
                device.onEngine(() -> device.conversations().getFirst()).block(PATIENCE));
    }

    private static Conversation.ConversationStatus status(MemberDevice device) {
        return Objects.requireNonNull(in(device).standing().block(PATIENCE));
    }

    private MemberDevice device(String user) {
        var name = user + "/phone";
        var config =
                ClientConfig.of(
                        server.webSocket(),
                        server.http(),
                        () -> "dev:" + name,
                        new Backoff(
                                Duration.ofMillis(50),
                                Duration.ofSeconds(2),
                                10,
                                new Random(user.hashCode())));
        var device =
                Objects.requireNonNull(
                        MemberDevice.create(name, engine, network, config, new RecordingDevice())
                                .block(PATIENCE));
        device.connect().block(PATIENCE);
        device.publishKeyPackages(2).block(PATIENCE);
        return device;
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).until(condition);
    }
}
