package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.Conversation.Committed;
import io.lockstep.client.member.Conversation.ConversationStatus;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberStore;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One commit creates a large group with real MLS: KeyPackages are published and claimed through
/// the server, and the ratchet tree is a separate blob. `-Dbig.members=2000` sets the number of
/// members.
final class BigWelcomeIT {
    private static final Logger LOG = LoggerFactory.getLogger(BigWelcomeIT.class);
    private static final int MEMBERS = Integer.getInteger("big.members", 50);
    private static final int SAMPLED = Math.min(20, MEMBERS / 5);
    private static final int BYTES_PER_JOINER = 1536;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("everybody".getBytes(StandardCharsets.UTF_8)));

    @TempDir private Path folder;
    private final Map<String, RecordingDevice> recorders = new LinkedHashMap<>();
    private long begun = System.nanoTime();

    @Test
    @DisplayName(
            "I5: a large group by one commit costs each joiner 1.5 KB besides one tree, and they"
                    + " agree")
    void oneCommitCreatesALargeGroup() {
        try (var server = KillableServer.start(folder);
                var network = ClientNetwork.start(2);
                var engine = BouncyCastleEngine.start("committer", InstantSource.system());
                var joiners = BouncyCastleEngine.start("joiners", InstantSource.system());
                var alice = device("alice/phone", engine, network, server)) {
            got(alice.connect());
            var sampled = new ArrayList<MemberDevice>();
            for (int i = 0; i < SAMPLED; i++) {
                sampled.add(device(nameOf(i), joiners, network, server));
            }
            step("started");
            sampled.forEach(device -> got(device.publishKeyPackages(1)));
            publishOthers(joiners, network, server);
            step("%d KeyPackages made and published".formatted(MEMBERS - 1));

            var users = IntStream.range(0, MEMBERS - 1).mapToObj(i -> "user" + i).toList();
            var claims = got(alice.client().directory().claimAll(users, List.of(1)));
            assertThat(claims.missing()).isEmpty();
            assertThat(claims.claimed()).hasSize(MEMBERS - 1);
            step("claimed, one request");

            var group =
                    got(alice.createGroup(GROUP, GroupPolicy.newBuilder().setVoidAfter(0).build()));
            var committed = got(group.add(claims.claimed()));
            assertThat(committed).isEqualTo(new Committed(1, 1, 0));
            var standing = got(group.standing());
            step("committed and accepted");

            var sizes = itemSizes(server);
            step("inbox item of each joiner measured");
            LOG.info(
                    "{} members: commit {} bytes; inbox item per joiner {} to {} bytes, {} on"
                            + " average",
                    MEMBERS,
                    lastCommitBytes(alice),
                    sizes.getFirst(),
                    sizes.getLast(),
                    sizes.stream().mapToInt(Integer::intValue).sum() / sizes.size());
            assertThat(sizes.getLast()).isLessThanOrEqualTo(BYTES_PER_JOINER);

            sampled.forEach(device -> got(device.connect()));
            sampled.forEach(device -> awaitStanding(device, standing));
            var tree = treeOf(sampled.getFirst());
            assertThat(sampled).allSatisfy(device -> assertThat(treeOf(device)).isEqualTo(tree));
            step("%d joiners have Welcome and tree".formatted(sampled.size()));
            LOG.info("the tree: {} bytes, {} per member", tree.size(), tree.size() / MEMBERS);

            // The group works: a joiner commits. In a tree without parent nodes its commit has
            // maximum length.
            var joiner = conversation(sampled.getLast());
            assertThat(got(joiner.update()).epoch()).isEqualTo(2);
            got(group.reached(2));
            var after = got(group.standing());
            sampled.forEach(device -> awaitStanding(device, after));
            LOG.info("a joiner's first commit: {} bytes", lastCommitBytes(alice));
            step("all sampled are in the next epoch");
            sampled.forEach(MemberDevice::close);
        }
    }

    private void publishOthers(EngineThread engine, ClientNetwork network, KillableServer server) {
        Flux.range(SAMPLED, MEMBERS - 1 - SAMPLED)
                .flatMap(
                        i ->
                                engine.call(mls ->
                                                mls.newIdentity(
                                                                MemberDevice.identityOf(nameOf(i)),
                                                                1)
                                                        .newKeyPackage())
                                        .flatMap(keyPackage ->
                                                publish(i, keyPackage, network, server)),
                        16)
                .blockLast(PATIENCE);
    }

    private static Mono<Integer> publish(
            int joiner, Bytes keyPackage, ClientNetwork network, KillableServer server) {
        var client = LockstepClient.create(network, config(nameOf(joiner), server));
        return client.directory()
                .publish(List.of(keyPackage))
                .doOnNext(published -> assertThat(published.refused()).isEmpty())
                .map(published -> published.stored())
                .doFinally(_ -> client.close());
    }

    /// The item sizes of all joiners, in ascending order.
    private static List<Integer> itemSizes(KillableServer server) {
        try (var http = HttpClient.newHttpClient()) {
            return IntStream.range(0, MEMBERS - 1)
                    .mapToObj(i -> InboxWireSize.of(http, server, nameOf(i)))
                    .sorted()
                    .toList();
        }
    }

    private static int lastCommitBytes(RecordingDevice recorder) {
        return recorder.eventsOf(ClientEvent.Delivered.class).getLast().message().size();
    }

    private int lastCommitBytes(MemberDevice device) {
        return lastCommitBytes(recorder(device));
    }

    private Bytes treeOf(MemberDevice device) {
        return recorder(device)
                .eventsOf(ClientEvent.WelcomeReceived.class)
                .getFirst()
                .ratchetTree();
    }

    private static String nameOf(int joiner) {
        return "user" + joiner + "/phone";
    }

    private MemberDevice device(
            String name, EngineThread engine, ClientNetwork network, KillableServer server) {
        var recorder = new RecordingDevice();
        recorders.put(name, recorder);
        return got(
                MemberDevice.open(
                        name, engine, network, config(name, server), recorder, MemberStore.NONE));
    }

    private static ClientConfig config(String name, KillableServer server) {
        return ClientConfig.of(
                server.webSocket(),
                server.http(),
                () -> "dev:" + name,
                Backoff.ofDefaults(new Random(2000)));
    }

    private RecordingDevice recorder(MemberDevice device) {
        return Objects.requireNonNull(recorders.get(device.name()));
    }

    private static Conversation conversation(MemberDevice device) {
        return got(device.onEngine(() -> device.conversations().getFirst()));
    }

    private void awaitStanding(MemberDevice device, ConversationStatus standing) {
        await(() ->
                got(device.onEngine(() -> device.conversations().size())) == 1
                        && got(conversation(device).standing()).equals(standing));
        assertThat(recorder(device).failures).isEmpty();
    }

    private void step(String what) {
        long now = System.nanoTime();
        LOG.info("{} ms: {}", TimeUnit.NANOSECONDS.toMillis(now - begun), what);
        begun = now;
    }

    private static <T> T got(Mono<T> mono) {
        return Objects.requireNonNull(mono.block(PATIENCE));
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(condition);
    }
}
