package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.GroupOverview;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener.JoinMethod;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/// A member sends random bytes as a commit, in groups that void commits: the other members reject
/// it, and the group goes on.
final class JunkCommitIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// How many members of a large group follow MLS.
    private static final int DEVICES_MAX = 12;

    @TempDir private static Path folder;
    private static KillableServer server;
    private static final AtomicInteger TESTS = new AtomicInteger();
    private ClientNetwork network;

    /// The beginning of the names of this test's users: all tests share a server.
    private final String users = "test" + TESTS.incrementAndGet() + "-user";

    private EngineThread engine;
    private final List<Participant> participants = new ArrayList<>();
    private final List<Participant> strangers = new ArrayList<>();
    private final List<LockstepClient> crowd = new ArrayList<>();
    private final AtomicInteger rejected = new AtomicInteger();

    /// Hash of the commit that the crowd rejects.
    private volatile Bytes junk = Bytes.EMPTY;

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

    @BeforeAll
    static void startServer() {
        server = KillableServer.start(folder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void start() {
        network = ClientNetwork.start(2);
        engine = BouncyCastleEngine.start("mls", InstantSource.system());
    }

    @AfterEach
    void stop() {
        participants.forEach(p -> p.device.close());
        strangers.forEach(p -> p.device.close());
        crowd.forEach(LockstepClient::close);
        engine.close();
        network.close();
    }

    /// The sizes of groups with a junk commit by each kind of author; `-Dlockstep.junk.sizes=500`
    /// for a large one.
    static Stream<Arguments> junk() {
        return Stream.of(System.getProperty("lockstep.junk.sizes", "2,3,10").split(","))
                .map(Integer::valueOf)
                .flatMap(size ->
                        Stream.of(JunkCommits.Kind.values())
                                .flatMap(kind ->
                                        Stream.of(true, false)
                                                .map(member -> Arguments.of(size, kind, member))));
    }

    // PROTOCOL R-VOID-3 R-VOID-5 R-VOID-7 R-VOID-10
    @ParameterizedTest(name = "{1}, group of {0}, by a member: {2}")
    @MethodSource("junk")
    @DisplayName("I1: the others void a junk commit, keep what was sent, and commit again")
    void aGroupHealsFromAJunkCommit(int size, JunkCommits.Kind kind, boolean byMember) {
        var group = MlsBytes.group(kind + " of " + size + byMember);
        gather(group, size, voidAfter(size));
        // Members of the crowd cannot commit.
        var mallory = byMember ? participants.getLast() : stranger(group);
        var honest = byMember ? participants.subList(0, participants.size() - 1) : participants;
        var alice = honest.getFirst();
        alice.conversation().send(MlsBytes.text("before the junk")).block(PATIENCE);

        long epoch = alice.status().epoch();
        // Whom it removes cannot reject it: enough others must be left.
        var removed =
                size - 2 >= voidAfter(size) ? List.of(alice.device.name()) : List.<String>of();
        var bundle =
                byMember
                        ? membersJunk(kind, mallory, List.of("eve/laptop"), removed)
                        : strangersJunk(kind, mallory, epoch);
        junk = bundle.commit().sha256();
        long begun = System.nanoTime();
        long position =
                Objects.requireNonNull(mallory.device.client().commit(bundle).block(PATIENCE))
                        .position();
        for (var one : honest) {
            await(() -> one.status().applied() > position && one.record.voids.size() == 1);
        }
        var voided = Duration.ofNanos(System.nanoTime() - begun);
        Objects.requireNonNull(alice.conversation().update().block(PATIENCE));
        awaitSameEpoch(honest);
        var healed = Duration.ofNanos(System.nanoTime() - begun);
        for (var one : honest.subList(1, honest.size())) {
            assertThat(Objects.requireNonNull(one.conversation().update().block(PATIENCE)).epoch())
                    .isGreaterThan(epoch);
        }
        awaitSameEpoch(honest);
        System.out.printf(
                "%s by a %s, group of %d, %d devices with MLS: void for all after %d ms, a commit that"
                        + " all follow after %d ms, a commit of each after %d ms%n",
                kind,
                byMember ? "member" : "joiner",
                size,
                honest.size(),
                voided.toMillis(),
                healed.toMillis(),
                Duration.ofNanos(System.nanoTime() - begun).toMillis());
        assertThat(rejected.get()).isEqualTo(crowd.size());
        alice.conversation().send(MlsBytes.text("healed")).block(PATIENCE);
        for (var one : honest) {
            await(() -> one.record.transcript.stream().anyMatch(t -> t.contains("healed")));
            assertThat(one.record.transcript).anyMatch(t -> t.contains("before the junk"));
            assertThat(one.record.joinMethods).hasSize(1);
        }
        assertIsOut(byMember ? "eve/laptop" : mallory.device.name(), group, epoch);
    }

    private static int voidAfter(int size) {
        return size <= 2 ? 1 : size <= 10 ? 2 : 3;
    }

    private <T> T onEngine(Function<MlsEngine, T> task) {
        return Objects.requireNonNull(engine.call(task).block(PATIENCE));
    }

    /// A device that is no member.
    private Participant stranger(GroupId group) {
        var stranger = participant(users + "-mallory", group);
        strangers.add(stranger);
        stranger.device.connect().block(PATIENCE);
        return stranger;
    }

    private CommitBundle membersJunk(
            JunkCommits.Kind kind, Participant by, List<String> add, List<String> remove) {
        var conversation = by.conversation();
        return onEngine(_ -> JunkCommits.ofMember(kind, conversation, add, remove));
    }

    private CommitBundle strangersJunk(JunkCommits.Kind kind, Participant by, long epoch) {
        var info =
                Objects.requireNonNull(
                        by.device.client().directory().groupInfo(by.group).block(PATIENCE));
        return onEngine(mls ->
                JunkCommits.ofJoiner(
                        kind,
                        by.group,
                        epoch,
                        mls.newIdentity(MemberDevice.identityOf(by.device.name()), 1)
                                .joinExternally(info.message(), info.ratchetTree())));
    }

    // PROTOCOL R-ROSTER-12 R-VOID-5
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10})
    @DisplayName("I9: a good commit that evicts the creator and lets in an outsider is void")
    void aLyingRosterChangeIsVoid(int size) {
        var group = MlsBytes.group("liar of " + size);
        var mallory = gather(group, size, 1).getLast();
        var honest = participants.subList(0, size - 1);
        var creator = honest.getFirst();
        long epoch = mallory.status().epoch();
        // The last member that could reject it must not be removed by it.
        var removed = size > 2 ? List.of(creator.device.name()) : List.<String>of();
        long lie =
                Objects.requireNonNull(
                                mallory.conversation()
                                        .commit(Change.NONE, List.of("eve/laptop"), removed)
                                        .block(PATIENCE))
                        .position();
        for (var one : honest) {
            await(() -> one.status().applied() > lie && one.record.voids.size() == 1);
        }
        assertIsOut("eve/laptop", group, epoch);
        // All are members as before, mallory, too: nobody had to join again.
        creator.conversation().send(MlsBytes.text("still here")).block(PATIENCE);
        creator.conversation().update().block(PATIENCE);
        awaitSameEpoch(participants);
        for (var one : participants) {
            await(() -> one.record.transcript.stream().anyMatch(t -> t.contains("still here")));
            assertThat(one.record.joinMethods).hasSize(1);
        }
    }

    // PROTOCOL R-POLICY-3 R-POLICY-5 R-POLICY-6
    @Test
    @DisplayName("I1: a group that cannot reach void_after heals when its creator lowers it")
    void aLowerVoidAfterHealsAGroup() {
        var group = MlsBytes.group("policy");
        var mallory = gather(group, 3, 3).getLast();
        var honest = participants.subList(0, 2);
        var alice = honest.getFirst();
        var bob = honest.getLast();
        long epoch = mallory.status().epoch();
        long junk = sendJunk(mallory, epoch, List.of(), List.of());
        await(() -> overview(alice).position() == junk + 2);
        assertThat(overview(alice).provisional()).containsExactly(junk);
        assertThatThrownBy(() -> bob.conversation().setPolicy(voidingAfter(2)).block(PATIENCE))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.is(Code.POLICY_CHANGE_NOT_ALLOWED)).isTrue());

        alice.conversation().setPolicy(voidingAfter(2)).block(PATIENCE);

        for (var one : honest) {
            await(() -> one.record.voids.size() == 1);
        }
        assertThat(overview(bob).policy().getVoidAfter()).isEqualTo(2);
        assertThat(overview(bob).provisional()).doesNotContain(junk);
        bob.conversation().update().block(PATIENCE);
        awaitSameEpoch(honest);
    }

    private static GroupPolicy voidingAfter(int rejections) {
        return GroupPolicy.newBuilder().setVoidAfter(rejections).build();
    }

    private static GroupOverview overview(Participant by) {
        return Objects.requireNonNull(
                by.device.client().directory().group(by.group).block(PATIENCE));
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
        var junk = sendJunk(mallory, epoch, List.of(users + "2/laptop"), List.of());
        try (var accomplice =
                Clients.create(
                        network, server, users + "2/laptop", Backoff.ofDefaults(new Random(3)))) {
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
        long position = commitThatIsConfirmed(alice, bob);

        var liar = participants.get(2);
        assertThat(refusal(liar, position)).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);
        assertThat(alice.status().epoch()).isEqualTo(before + 1);
        awaitSameEpoch(participants);
    }

    // PROTOCOL R-VOID-4 R-VOID-6
    @Test
    @DisplayName(
            "I1: two colluding liars of ten cannot void a commit that another member confirmed")
    void twoLiarsOfTenVoidNoConfirmedCommit() {
        var group = MlsBytes.group("two liars");
        gather(group, 10, voidAfter(10));
        var alice = participants.getFirst();
        var bob = participants.get(1);
        long before = alice.status().epoch();
        long position = commitThatIsConfirmed(alice, bob);

        for (var liar : participants.subList(8, 10)) {
            assertThat(refusal(liar, position)).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);
        }
        bob.conversation().update().block(PATIENCE);
        awaitSameEpoch(participants);
        assertThat(alice.status().epoch()).isEqualTo(before + 2);
        assertThat(participants).allSatisfy(p -> assertThat(p.record.voids).isEmpty());
    }

    @Test
    void aGroupWithoutVoidsComesBackByExternalCommits() {
        var group = MlsBytes.group("without voids");
        var mallory = gather(group, 5, 0).getLast();
        var honest = participants.subList(0, 4);
        long epoch = mallory.status().epoch();
        var bundle =
                membersJunk(JunkCommits.Kind.WRONG_CONFIRMATION_TAG, mallory, List.of(), List.of());
        assertThat(bundle.groupInfo()).isNotEqualTo(Bytes.EMPTY);
        mallory.device.client().commit(bundle).block(PATIENCE);
        for (var one : honest) {
            await(() -> one.record.joinMethods.contains(JoinMethod.EXTERNAL_COMMIT));
            assertThat(Objects.requireNonNull(one.conversation().update().block(PATIENCE)).epoch())
                    .isGreaterThan(epoch);
        }
        awaitSameEpoch(honest);
        honest.getFirst().conversation().send(MlsBytes.text("back")).block(PATIENCE);
        for (var one : honest) {
            await(() -> one.record.transcript.stream().anyMatch(t -> t.contains("back")));
        }
    }

    // PROTOCOL R-REINIT-1 R-REINIT-2
    @Test
    void aGroupWithoutVoidsAndGroupInfoGoesOnInASuccessor() {
        var group = MlsBytes.group("lost");
        var mallory = gather(group, 3, 0).getLast();
        var alice = participants.getFirst();
        var bob = participants.get(1);
        sendJunk(mallory, mallory.status().epoch(), List.of(), List.of());
        // Nothing can be committed here again; a call says so, and does not wait for ever.
        assertThatThrownBy(() -> bob.conversation().update().block(PATIENCE))
                .isInstanceOf(RefusedException.class);

        var next = MlsBytes.group("successor");
        alice.device.client().reinit(group, next).block(PATIENCE);
        var successor =
                Objects.requireNonNull(
                        alice.device
                                .createGroup(next, GroupPolicy.getDefaultInstance())
                                .block(PATIENCE));
        var claimed =
                Objects.requireNonNull(
                        alice.device
                                .client()
                                .directory()
                                .claim(users + "1", List.of(1), "")
                                .block(PATIENCE));
        successor.add(claimed.claimed()).block(PATIENCE);
        var bobs = new Participant(bob.device, bob.record, next);
        await(() -> bob.record.joinMethods.size() == 2);
        bobs.conversation().update().block(PATIENCE);
        awaitSameEpoch(List.of(new Participant(alice.device, alice.record, next), bobs));
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

    @Test
    void aDeviceTellsABrokenGroupFromAHealthyOne() {
        var group = MlsBytes.group("told apart");
        var mallory = gather(group, 2, 2).getLast();
        var alice = participants.getFirst();
        assertThat(brokenAt(alice)).isEmpty();

        long junk = sendJunk(mallory, mallory.status().epoch(), List.of(), List.of());

        await(() -> brokenAt(alice).equals(OptionalLong.of(junk)));
    }

    private static OptionalLong brokenAt(Participant one) {
        return Objects.requireNonNull(
                one.device.onEngine(one.conversation()::brokenAt).block(PATIENCE));
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

    /// @return the position of the commit
    private static long commitThatIsConfirmed(Participant author, Participant by) {
        long before = author.status().epoch();
        var committed = Objects.requireNonNull(author.conversation().update().block(PATIENCE));
        await(() -> by.status().epoch() == before + 1);
        by.conversation().send(MlsBytes.text("seen")).block(PATIENCE);
        return committed.position();
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

    /// The client that the voided commit let in.
    private void assertIsOut(String name, GroupId group, long epoch) {
        try (var client =
                Clients.create(network, server, name, Backoff.ofDefaults(new Random(epoch)))) {
            client.connect().block(PATIENCE);
            assertThatThrownBy(() ->
                            client.send(group, MlsBytes.application(group, epoch, "let me in"))
                                    .block(PATIENCE))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            refused -> assertThat(refused.is(Code.REMOVED)).isTrue());
        }
    }

    /// @return the position of the junk
    private static long sendJunk(
            Participant by, long epoch, List<String> add, List<String> remove) {
        var bundle = JunkCommits.random(by.group, epoch, add, remove);
        return Objects.requireNonNull(by.device.client().commit(bundle).block(PATIENCE)).position();
    }

    /// A group of devices of different users, all in the same epoch. Beyond [#DEVICES_MAX] members
    /// are a crowd: clients that read, and reject what is no valid commit, as the test knows.
    private List<Participant> gather(GroupId group, int size, int voidAfter) {
        int devices = Math.min(size, DEVICES_MAX);
        IntStream.range(0, devices).forEach(i -> participants.add(participant(users + i, group)));
        participants.forEach(p -> p.device.connect().block(PATIENCE));
        participants.forEach(p -> p.device.publishKeyPackages(2).block(PATIENCE));
        var creator = participants.getFirst().device;
        var conversation =
                Objects.requireNonNull(
                        creator.createGroup(
                                        group,
                                        GroupPolicy.newBuilder()
                                                .setVoidAfter(voidAfter)
                                                .setExternalJoin(ExternalJoin.EXTERNAL_JOIN_OPEN)
                                                .build())
                                .block(PATIENCE));
        var keyPackages = new ArrayList<Bytes>();
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
                                .getFirst()
                                .keyPackage())
                .forEach(keyPackages::add);
        keyPackages.addAll(gatherCrowd(group, devices, size));
        conversation.commit(Change.adding(keyPackages), List.of(), List.of()).block(PATIENCE);
        for (var p : participants) {
            await(() -> p.record.joinMethods.size() == 1);
        }
        awaitSameEpoch(participants);
        crowd.forEach(client -> client.attach(group).block(PATIENCE));
        return participants;
    }

    /// @return their KeyPackages
    private List<Bytes> gatherCrowd(GroupId group, int from, int to) {
        var keyPackages = new ArrayList<Bytes>();
        for (int i = from; i < to; i++) {
            var name = users + "-crowd" + i + "/phone";
            var client = Clients.create(network, server, name, Backoff.ofDefaults(new Random(i)));
            crowd.add(client);
            client.events()
                    .ofType(ClientEvent.Delivered.class)
                    .subscribe(entry -> {
                        if (entry.sha256().equals(junk)) {
                            client.reject(group, entry.position(), "junk")
                                    .subscribe(_ -> {
                                        rejected.incrementAndGet();
                                        client.acknowledge(entry);
                                    });
                        } else {
                            client.acknowledge(entry);
                        }
                    });
            client.connect().block(PATIENCE);
            var keyPackage =
                    onEngine(mls ->
                            mls.newIdentity(MemberDevice.identityOf(name), 1).newKeyPackage());
            client.directory().publish(List.of(keyPackage)).block(PATIENCE);
            keyPackages.add(keyPackage);
        }
        return keyPackages;
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
