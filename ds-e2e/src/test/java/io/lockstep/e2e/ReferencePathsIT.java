package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientClosedException;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.DirectoryClient.DeviceKeyPackage;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.Conversation.ConversationStatus;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener.JoinMethod;
import io.lockstep.client.member.MemberStore;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.redis.DeploymentGuard;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The client library with real MLS and a real server whose inline limit is 1 KiB: even in a small
/// group nearly everything passes by reference.
final class ReferencePathsIT {
    /// Confirmations would take positions, too.
    private static final GroupPolicy NO_VOIDS = GroupPolicy.newBuilder().setVoidAfter(0).build();

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private static Path folder;
    private static KillableServer server;
    private final ClientNetwork network = ClientNetwork.start(2);
    private final EngineThread engine = BouncyCastleEngine.start("mls", InstantSource.system());
    private final Map<String, MemberDevice> devices = new HashMap<>();
    private final Map<String, RecordingDevice> recorders = new HashMap<>();

    @BeforeAll
    static void startServer() {
        server = startServer(0);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private static KillableServer startServer(int port) {
        return KillableServer.startAt(port, folder, "--set", "limits.message-bytes-max=1KiB");
    }

    @AfterEach
    void stopClients() {
        devices.values().forEach(MemberDevice::close);
        engine.close();
        network.close();
    }

    @Test
    @DisplayName("I2, I5: commits, Welcomes, trees and messages by reference, in order")
    void longContentPassesByReferenceAndArrivesInOrder() {
        var alice = device("alice/phone");
        var team = got(alice.createGroup(group("references"), NO_VOIDS));
        var first = names("a", 8);
        addAll(team, first);
        awaitSameStanding(with("alice/phone", first));
        for (var joiner : first) {
            var received = recorder(joiner).eventsOf(ClientEvent.WelcomeReceived.class).getFirst();
            assertThat(received.welcome().size()).as("the tree is inside").isGreaterThan(1024);
            assertThat(received.ratchetTree().isEmpty()).isTrue();
        }

        // Short messages between long ones, from two members concurrently.
        var words = new ArrayList<Mono<?>>();
        for (int i = 0; i < 10; i++) {
            words.add(team.send(text("short " + i)));
            words.add(team.send(text("long " + i + " " + "x".repeat(3000))));
            words.add(conversation("a1/d").send(text("aside " + i)));
        }
        var second = names("b", 10);
        publish(second);
        var claimed = claim(alice, second);
        words.add(5, team.add(claimed));
        Mono.when(words).block(PATIENCE);
        awaitSameStanding(with(with("alice/phone", first), second));
        for (var joiner : second) {
            var received = recorder(joiner).eventsOf(ClientEvent.WelcomeReceived.class).getFirst();
            assertThat(received.ratchetTree().size())
                    .as("the tree is separate")
                    .isGreaterThan(1024);
            assertThat(received.welcome().size()).isLessThan(1024);
        }
        var toAlice = recorder("alice/phone").transcript;
        assertThat(toAlice).contains("epoch 2 by alice/phone").hasSize(32);
        for (var member : first) {
            assertThat(recorder(member).transcript).as(member).isEqualTo(withoutFirst(toAlice));
            assertThat(recorder(member).failures).isEmpty();
        }

        // And with the tree that the answer with the GroupInfo names.
        var laptop = device("alice/laptop");
        got(laptop.joinExternally(group("references")));
        awaitSameStanding(with(with(List.of("alice/phone", "alice/laptop"), first), second));
        got(team.send(text("the end")));
        await(
                "the laptop",
                () -> recorder("alice/laptop").transcript.contains("alice/phone: the end"));
        assertThat(alice.client().blobs().sentBytes()).isPositive();
    }

    // PROTOCOL R-PROP-4
    @Test
    @DisplayName("A device behind the trimmed log rejoins; voided proposals are repeated")
    void aDeviceBehindTheTrimmedLogRejoinsAndVoidedProposalsAreRepeated() throws Exception {
        var anna = device("anna/phone");
        var team = got(anna.createGroup(group("trimmed"), NO_VOIDS));
        var others = with(names("c", 13), List.of("ben/phone", "carol/phone"));
        addAll(team, others);
        var all = with("anna/phone", others);
        awaitSameStanding(all);
        leave("ben/phone");
        got(team.send(text("ben will never read this")));
        got(team.update());
        awaitSameStanding(with("anna/phone", names("c", 13)));
        got(conversation("carol/phone").proposeRemove("c3/d"));
        long tail = got(team.send(text("nor this"))).position();
        for (var name : with(List.of("anna/phone", "carol/phone"), names("c", 13))) {
            got(conversation(name).reached(tail));
        }

        int port = server.http().getPort();
        server.close();
        server = startServer(port);
        trimEverything(group("trimmed"));
        device("ben/phone");
        await(
                "ben is back",
                () -> recorder("ben/phone").joinMethods.contains(JoinMethod.EXTERNAL_COMMIT));
        assertThat(recorder("ben/phone").eventsOf(ClientEvent.HistoryGap.class))
                .extracting(ClientEvent.HistoryGap::code)
                .containsExactly("trimmed");
        await(
                "all see ben's commit",
                () -> recorder("anna/phone").transcript.getLast().equals("epoch 3 by ben/phone"));
        // The external commit voided Carol's proposal. She repeats it, and the next commit includes
        // it.
        await(
                "proposed again",
                () ->
                        recorder("anna/phone")
                                        .eventsOf(ClientEvent.Delivered.class)
                                        .getLast()
                                        .epoch()
                                == 3);
        got(team.commit(Change.NONE, List.of(), List.of("c3/d")));
        await("c3 is out", () -> got(conversation("c3/d").standing()).removed());
        var left = all.stream().filter(n -> !n.equals("c3/d")).toList();
        awaitSameStanding(left);
        assertThat(got(team.device().onEngine(team::members))).hasSize(left.size());
        got(conversation("ben/phone").send(text("back")));
        await("heard", () -> recorder("anna/phone").transcript.contains("ben/phone: back"));
    }

    // PROTOCOL R-LOW-3
    @Test
    void aDeviceWithFewKeyPackagesPublishesMoreAndARevokedDeviceStaysOut() throws Exception {
        var olga = device("olga/phone");
        var bob = device("bob/phone");
        got(bob.publishKeyPackages(12));
        got(olga.client().directory().claim("bob", List.of(1), ""));
        got(olga.client().directory().claim("bob", List.of(1), ""));
        await("50 again", () -> got(bob.client().directory().count()).equals(Map.of(1, 50)));
        assertThat(recorder("bob/phone").eventsOf(ClientEvent.KeyPackagesRunLow.class))
                .isNotEmpty();

        var team = got(olga.createGroup(group("devices"), NO_VOIDS));
        got(team.add(claim(olga, List.of("bob/phone"))));
        await("bob joined", () -> recorder("bob/phone").joinMethods.contains(JoinMethod.WELCOME));
        device("bob/laptop");
        assertThat(server.delete("/v1/devices/phone", "dev:bob/laptop")).isEqualTo(204);
        await("closed", () -> !recorder("bob/phone").eventsOf(ClientEvent.Closed.class).isEmpty());
        assertThat(recorder("bob/phone").eventsOf(ClientEvent.Closed.class))
                .singleElement()
                .satisfies(closed -> assertThat(closed.reason()).startsWith("device_revoked"));
        assertThat(recorder("bob/phone").eventsOf(ClientEvent.Connected.class)).hasSize(1);
        assertThatExceptionOfType(ClientClosedException.class)
                .isThrownBy(() -> got(conversation("bob/phone").send(text("still here?"))))
                .matches(why -> why.is(Code.DEVICE_REVOKED));
    }

    // --- Devices ---

    /// Connects a device. A device of this name that left returns with its former state.
    private MemberDevice device(String name) {
        var recorder = recorders.computeIfAbsent(name, _ -> new RecordingDevice());
        var config =
                ClientConfig.of(
                        server.webSocket(),
                        server.http(),
                        () -> "dev:" + name,
                        new Backoff(
                                Duration.ofMillis(10), Duration.ofMillis(200), 20, new Random(9)));
        var device =
                got(
                        MemberDevice.open(
                                name,
                                engine,
                                network,
                                config,
                                recorder,
                                name.startsWith("ben/") ? recorder : MemberStore.NONE));
        devices.put(name, device);
        got(device.connect());
        return device;
    }

    private void leave(String name) {
        got(connected(name).flush());
        Objects.requireNonNull(devices.remove(name)).close();
        await("closed", () -> !recorder(name).eventsOf(ClientEvent.Closed.class).isEmpty());
    }

    private MemberDevice connected(String name) {
        return Objects.requireNonNull(devices.get(name));
    }

    private RecordingDevice recorder(String name) {
        return Objects.requireNonNull(recorders.get(name));
    }

    private Conversation conversation(String name) {
        var device = connected(name);
        return got(device.onEngine(() -> device.conversations().getFirst()));
    }

    private static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i + "/d").toList();
    }

    private static List<String> with(String one, List<String> others) {
        return with(List.of(one), others);
    }

    private static List<String> with(List<String> some, List<String> others) {
        var all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    private static List<String> withoutFirst(List<String> all) {
        return all.subList(1, all.size());
    }

    // --- Actions ---

    private void publish(List<String> names) {
        names.forEach(name -> got(device(name).publishKeyPackages(1)));
    }

    private static List<DeviceKeyPackage> claim(MemberDevice by, List<String> names) {
        var users = names.stream().map(n -> n.substring(0, n.indexOf('/'))).toList();
        var claims = got(by.client().directory().claimAll(users, List.of(1)));
        assertThat(claims.missing()).isEmpty();
        return claims.claimed();
    }

    private void addAll(Conversation group, List<String> names) {
        publish(names);
        got(group.add(claim(group.device(), names)));
    }

    /// Trims all entries, as if their retention had ended.
    private void trimEverything(GroupId group) throws Exception {
        var secret = Bytes.ofHex(Files.readString(folder.resolve("deployment.key")).strip());
        var keys = DeploymentKeys.of(DeploymentKey.of(secret));
        try (var connections = RedisConnections.open(server.redis(), RedisSettings.DEFAULT);
                var log =
                        new RedisGroupLog(
                                connections,
                                DeploymentGuard.check(connections, keys),
                                Schedulers.single(),
                                InstantSource.system())) {
            assertThat(got(log.trim(group, Duration.ofMinutes(-1)))).isPositive();
        }
    }

    // --- Checks ---

    private void awaitSameStanding(List<String> names) {
        await(
                "the same standing of " + names,
                () -> {
                    var standings = new ArrayList<ConversationStatus>();
                    for (var name : names) {
                        if (!got(
                                connected(name)
                                        .onEngine(() ->
                                                !connected(name).conversations().isEmpty()))) {
                            return false;
                        }
                        standings.add(got(conversation(name).standing()));
                    }
                    return standings.stream().distinct().count() == 1;
                });
    }

    private static GroupId group(String name) {
        return new GroupId(text(name));
    }

    private static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static <T> T got(Mono<T> mono) {
        return Objects.requireNonNull(mono.block(PATIENCE));
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(condition);
    }
}
