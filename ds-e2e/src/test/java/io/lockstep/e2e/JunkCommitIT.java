package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/// A member sends random bytes as a commit, in groups that void commits: the other members reject
/// it, and the group goes on.
final class JunkCommitIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir private Path folder;
    private KillableServer server;
    private ClientNetwork network;
    private EngineThread engine;
    private final List<Participant> participants = new ArrayList<>();

    private record Participant(MemberDevice device, RecordingDevice record, GroupId group) {
        Conversation conversation() {
            return Objects.requireNonNull(
                    device.onEngine(() ->
                                    device.conversations().stream()
                                            .filter(c -> c.id().equals(group))
                                            .findFirst()
                                            .orElseThrow())
                            .block(PATIENCE));
        }

        Conversation.ConversationStatus status() {
            return Objects.requireNonNull(conversation().standing().block(PATIENCE));
        }
    }

    @BeforeEach
    void start() {
        server = KillableServer.start(folder);
        network = ClientNetwork.start(2);
        engine = BouncyCastleEngine.start("mls", InstantSource.system());
    }

    @AfterEach
    void stop() {
        participants.forEach(p -> p.device.close());
        engine.close();
        network.close();
        server.close();
    }

    // PROTOCOL R-VOID-3 R-VOID-5 R-VOID-7 R-VOID-10
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10})
    @DisplayName("I1: the others void a junk commit, keep what was sent, and commit again")
    void aGroupHealsFromAJunkCommit(int size) {
        var group = MlsBytes.group("junk of " + size);
        var mallory = gather(group, size, 1).getLast();
        var honest = participants.subList(0, size - 1);
        var alice = honest.getFirst();
        alice.conversation().send(MlsBytes.text("before the junk")).block(PATIENCE);

        long epoch = mallory.status().epoch();
        // The last member that could reject it must not be removed by it.
        var removed = size > 2 ? List.of(alice.device.name()) : List.<String>of();
        var junk = junk(mallory, epoch, List.of("eve/laptop"), removed);
        for (var one : honest) {
            await(() -> one.status().applied() > junk && one.record.voids.size() == 1);
        }
        for (var one : honest) {
            assertThat(Objects.requireNonNull(one.conversation().update().block(PATIENCE)).epoch())
                    .isGreaterThan(epoch);
        }
        awaitSameEpoch(honest);
        alice.conversation().send(MlsBytes.text("healed")).block(PATIENCE);
        for (var one : honest) {
            await(() -> one.record.transcript.stream().anyMatch(t -> t.contains("healed")));
            assertThat(one.record.transcript).anyMatch(t -> t.contains("before the junk"));
        }
        try (var eve =
                Clients.create(
                        network, server, "eve/laptop", Backoff.ofDefaults(new Random(size)))) {
            eve.connect().block(PATIENCE);
            assertThatThrownBy(() ->
                            eve.send(group, MlsBytes.application(group, epoch, "let me in"))
                                    .block(PATIENCE))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            refused -> assertThat(refused.is(Code.REMOVED)).isTrue());
        }
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: a device that the junk itself adds does not confirm it")
    void anAccompliceDoesNotConfirmTheJunk() {
        var group = MlsBytes.group("accomplice");
        var mallory = gather(group, 3, 1).getLast();
        var honest = participants.subList(0, 2);
        // The others are away while the accomplice acknowledges.
        honest.forEach(p -> p.device.client().disconnect());
        long epoch = mallory.status().epoch();
        var junk = junk(mallory, epoch, List.of("user2/laptop"), List.of());
        try (var accomplice =
                Clients.create(
                        network, server, "user2/laptop", Backoff.ofDefaults(new Random(3)))) {
            var delivered = new AtomicLong();
            accomplice
                    .events()
                    .ofType(ClientEvent.Delivered.class)
                    .subscribe(entry -> {
                        accomplice.acknowledge(entry);
                        delivered.set(entry.position());
                    });
            accomplice.connect().block(PATIENCE);
            accomplice.attach(group).block(PATIENCE);
            accomplice
                    .send(group, MlsBytes.application(group, epoch + 1, "it is fine"))
                    .block(PATIENCE);
            await(() -> delivered.get() > junk);

            honest.forEach(p -> p.device.connect().block(PATIENCE));
            for (var one : honest) {
                await(() -> one.record.voids.size() == 1);
            }
        }
        honest.getFirst().conversation().update().block(PATIENCE);
        awaitSameEpoch(honest);
    }

    // PROTOCOL R-VOID-2 R-VOID-6
    @Test
    @DisplayName("I1: a commit that another member has applied is never voided")
    void aConfirmedCommitStays() {
        var group = MlsBytes.group("confirmed");
        gather(group, 3, 1);
        var alice = participants.getFirst();
        var bob = participants.get(1);
        long before = alice.status().epoch();
        var committed = Objects.requireNonNull(alice.conversation().update().block(PATIENCE));
        await(() -> bob.status().epoch() == before + 1);
        bob.conversation().send(MlsBytes.text("seen")).block(PATIENCE);

        var liar = participants.get(2);
        assertThat(refusal(liar, committed.position())).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);
        assertThat(alice.status().epoch()).isEqualTo(before + 1);
        awaitSameEpoch(participants);
    }

    // PROTOCOL R-VOID-7 R-VOID-11
    @Test
    @DisplayName("I1: members that applied a commit go back when it is void")
    void membersThatAppliedAVoidedCommitGoBack() {
        var group = MlsBytes.group("gone back");
        gather(group, 2, 1);
        var alice = participants.getFirst();
        var bob = participants.get(1);
        long before = alice.status().epoch();
        // Bob's device does not see the commit before another program of bob's rejects it.
        bob.device.client().disconnect();
        var committed = Objects.requireNonNull(alice.conversation().update().block(PATIENCE));
        assertThat(committed.epoch()).isEqualTo(before + 1);
        try (var other =
                Clients.create(
                        network, server, bob.device.name(), Backoff.ofDefaults(new Random(7)))) {
            other.connect().block(PATIENCE);
            assertThat(
                            Objects.requireNonNull(
                                            other.reject(group, committed.position(), "a test")
                                                    .block(PATIENCE))
                                    .epoch())
                    .isEqualTo(before);
        }
        await(() -> alice.status().epoch() == before && alice.record.voids.size() == 1);

        bob.device.connect().block(PATIENCE);
        await(() -> bob.record.voids.size() == 1);
        awaitSameEpoch(participants);
        bob.conversation().update().block(PATIENCE);
        alice.conversation().send(MlsBytes.text("and on")).block(PATIENCE);
        await(() -> bob.record.transcript.stream().anyMatch(t -> t.contains("and on")));
        awaitSameEpoch(participants);
        assertThat(alice.record.joinMethods).hasSize(1);
        assertThat(bob.record.joinMethods).hasSize(1);
    }

    // PROTOCOL R-VOID-4
    @Test
    @DisplayName("I1: fewer rejections than the policy asks for void nothing")
    void oneLiarOfTenVoidsNothing() {
        var group = MlsBytes.group("one liar");
        gather(group, 4, 2);
        var alice = participants.getFirst();
        var liar = participants.getLast();
        long before = alice.status().epoch();
        for (int i = 0; i < 5; i++) {
            var committed = Objects.requireNonNull(alice.conversation().update().block(PATIENCE));
            liar.device
                    .client()
                    .reject(group, committed.position(), "I do not like it")
                    .onErrorResume(RefusedException.class, _ -> Mono.empty())
                    .block(PATIENCE);
        }
        awaitSameEpoch(participants);
        assertThat(alice.status().epoch()).isEqualTo(before + 5);
        assertThat(participants).allSatisfy(p -> assertThat(p.record.voids).isEmpty());
    }

    private Code refusal(Participant by, long position) {
        try {
            by.device.client().reject(by.group, position, "a lie").block(PATIENCE);
        } catch (RuntimeException e) {
            if (e instanceof RefusedException refused) {
                return Code.valueOf(refused.refusal().code().toUpperCase(Locale.ROOT));
            }
            throw e;
        }
        throw new AssertionError("the rejection was accepted");
    }

    /// @return the position of the junk
    private static long junk(Participant by, long epoch, List<String> add, List<String> remove) {
        var random = new byte[250];
        new Random(epoch).nextBytes(random);
        var bundle =
                new CommitBundle(
                        by.group,
                        MlsBytes.privateMessage(
                                by.group, epoch, ContentType.COMMIT, Bytes.wrap(random)),
                        Bytes.EMPTY,
                        Bytes.EMPTY,
                        Bytes.EMPTY,
                        add,
                        remove,
                        0);
        return Objects.requireNonNull(by.device.client().commit(bundle).block(PATIENCE)).position();
    }

    /// A group of devices of different users, all in the same epoch.
    private List<Participant> gather(GroupId group, int size, int voidAfter) {
        IntStream.range(0, size).forEach(i -> participants.add(participant("user" + i, group)));
        participants.forEach(p -> p.device.connect().block(PATIENCE));
        participants.forEach(p -> p.device.publishKeyPackages(2).block(PATIENCE));
        var creator = participants.getFirst().device;
        var conversation =
                Objects.requireNonNull(
                        creator.createGroup(
                                        group,
                                        GroupPolicy.newBuilder().setVoidAfter(voidAfter).build())
                                .block(PATIENCE));
        var claimed =
                participants.stream()
                        .skip(1)
                        .map(p -> p.device.name().substring(0, p.device.name().indexOf('/')))
                        .map(user ->
                                Objects.requireNonNull(
                                                creator.client()
                                                        .directory()
                                                        .claim(user, List.of(1), "")
                                                        .block(PATIENCE))
                                        .claimed()
                                        .getFirst())
                        .toList();
        conversation
                .commit(
                        Change.adding(claimed.stream().map(k -> k.keyPackage()).toList()),
                        List.of(),
                        List.of())
                .block(PATIENCE);
        for (var p : participants) {
            await(() -> p.record.joinMethods.size() == 1);
        }
        awaitSameEpoch(participants);
        return participants;
    }

    private Participant participant(String user, GroupId group) {
        var name = user + "/phone";
        var record = new RecordingDevice();
        var config =
                ClientConfig.of(
                        server.webSocket(),
                        server.http(),
                        () -> "dev:" + name,
                        Backoff.ofDefaults(new Random(user.hashCode())));
        var device =
                Objects.requireNonNull(
                        MemberDevice.create(name, engine, network, config, record).block(PATIENCE));
        return new Participant(device, record, group);
    }

    private static void awaitSameEpoch(List<Participant> participants) {
        await(() ->
                participants.stream().map(p -> p.status().epochAuthenticator()).distinct().count()
                        == 1);
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).until(condition);
    }
}
