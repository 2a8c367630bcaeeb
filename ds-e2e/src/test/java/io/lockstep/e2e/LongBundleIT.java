package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LogCursor;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.redis.DeploymentGuard;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/// The first commit of a large group: 4 MB, with a Welcome of 6 MB and a separate tree of 10 MB.
/// `-Dlockstep.bundle.joiners=50000` sets the number of joiners; the Welcome is padded to its size.
final class LongBundleIT {
    private static final Logger LOG = LoggerFactory.getLogger(LongBundleIT.class);
    private static final int JOINERS = Integer.getInteger("lockstep.bundle.joiners", 500);
    private static final int COMMIT_BYTES = 4_000_000;
    private static final int WELCOME_BYTES = 6_000_000;
    private static final int TREE_BYTES = 10_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("large".getBytes(StandardCharsets.UTF_8)));

    @TempDir private Path folder;

    @Test
    @DisplayName(
            "I5: a commit of 4 MB and a Welcome of 6 MB pass by reference, each joiner gets its"
                    + " own part")
    void aLongBundlePassesByReference() throws Exception {
        try (var server = KillableServer.start(folder);
                var network = ClientNetwork.start(2);
                var alice = Clients.connect(network, server, "alice/phone")) {
            publish(server);
            alice.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY)
                    .block(PATIENCE);
            var delivered = Sinks.<ClientEvent.Delivered>one();
            alice.events()
                    .ofType(ClientEvent.Delivered.class)
                    .subscribe(d -> delivered.tryEmitValue(d));
            alice.attach(LogCursor.unknown(GROUP)).block(PATIENCE);

            var commit = MlsBytes.commit(GROUP, 0, 1, COMMIT_BYTES);
            var shared = MlsBytes.random(WELCOME_BYTES - 117 * JOINERS);
            var welcome = MlsBytes.welcome(shared, refs().toArray(Bytes[]::new));
            assertThat(welcome.size()).isGreaterThanOrEqualTo(WELCOME_BYTES);
            var tree = MlsBytes.random(TREE_BYTES);
            long begun = System.nanoTime();
            var accepted =
                    alice.commit(
                                    new CommitBundle(
                                            GROUP,
                                            commit,
                                            welcome,
                                            Bytes.EMPTY,
                                            tree,
                                            List.of(),
                                            List.of(),
                                            0))
                            .blockOptional(PATIENCE)
                            .orElseThrow();
            long acceptedMillis = millisSince(begun);
            assertThat(accepted.position()).isEqualTo(1);
            var entry = delivered.asMono().blockOptional(PATIENCE).orElseThrow();
            assertThat(entry.message().equals(commit)).isTrue();

            for (int joiner : new int[] {0, JOINERS / 2, JOINERS - 1}) {
                var received = welcomeOf(network, server, joiner);
                var expected = MlsBytes.welcome(shared, ref(joiner));
                assertThat(received.welcome().equals(expected)).as("joiner %d", joiner).isTrue();
                assertThat(received.ratchetTree().equals(tree)).isTrue();
                assertThat(received.epoch()).isEqualTo(1);
            }
            LOG.info(
                    "{} joiners: uploaded and accepted in {} ms, the last joiner had its Welcome"
                            + " after {} ms",
                    JOINERS,
                    acceptedMillis,
                    millisSince(begun));
        }
    }

    @Test
    @DisplayName(
            "I3, I5: kill -9 between upload and commit, and right after the commit, loses nothing"
                    + " acknowledged")
    void aServerThatIsKilledAroundALongCommitLosesNothing() throws Exception {
        var commit = MlsBytes.commit(GROUP, 0, 1, 200_000);
        var welcome = MlsBytes.welcome(MlsBytes.random(300_000), ref(0), ref(1));
        try (var network = ClientNetwork.start(2)) {
            var server = KillableServer.start(folder);
            try (var alice = Clients.connect(network, server, "alice/phone")) {
                publish(server);
                alice.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY)
                        .block(PATIENCE);
                alice.blobs().upload(GROUP, commit).block(PATIENCE);
                alice.blobs().upload(GROUP, welcome).block(PATIENCE);
            }
            server.kill();
            server = KillableServer.start(folder);
            try (var alice = Clients.connect(network, server, "alice/phone")) {
                var bundle =
                        new CommitBundle(
                                GROUP, commit, welcome, Bytes.EMPTY, List.of(), List.of(), 0);
                assertThat(alice.commit(bundle).blockOptional(PATIENCE).orElseThrow().epoch())
                        .isEqualTo(1);
            }
            // The commit was accepted, so the release of the Welcome is repeated, however far it
            // had come.
            server.kill();
            try (var again = KillableServer.start(folder);
                    var alice = Clients.connect(network, again, "alice/phone")) {
                var received = welcomeOf(network, again, 1);
                assertThat(received.keyPackageRef()).isEqualTo(ref(1));
                var seen = Sinks.<ClientEvent.Delivered>one();
                alice.events()
                        .ofType(ClientEvent.Delivered.class)
                        .subscribe(d -> seen.tryEmitValue(d));
                alice.attach(LogCursor.unknown(GROUP)).block(PATIENCE);
                var entry = seen.asMono().blockOptional(PATIENCE).orElseThrow();
                assertThat(entry.message().equals(commit)).isTrue();
            }
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static ClientEvent.WelcomeReceived welcomeOf(
            ClientNetwork network, KillableServer server, int joiner) {
        try (var client = Clients.connect(network, server, "user" + joiner + "/phone")) {
            return client.events()
                    .ofType(ClientEvent.WelcomeReceived.class)
                    .next()
                    .blockOptional(PATIENCE)
                    .orElseThrow();
        }
    }

    private static Bytes ref(int joiner) {
        return Bytes.wrap(("ref " + joiner).getBytes(StandardCharsets.UTF_8)).sha256();
    }

    private static List<Bytes> refs() {
        var refs = new ArrayList<Bytes>(JOINERS);
        for (int i = 0; i < JOINERS; i++) {
            refs.add(ref(i));
        }
        return refs;
    }

    /// Publishes directly into the store: other tests cover publishing and claiming.
    private void publish(KillableServer server) throws IOException {
        var secret = Files.readString(folder.resolve("deployment.key")).strip();
        var keys = DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex(secret)));
        var now = Instant.now();
        try (var connections = RedisConnections.open(server.redis(), RedisSettings.DEFAULT)) {
            var store =
                    new RedisKeyPackageStore(connections, DeploymentGuard.check(connections, keys));
            Flux.range(0, Math.max(JOINERS, 2))
                    .flatMap(
                            i -> {
                                var owner = new ClientId("user" + i, "phone");
                                var keyPackage =
                                        new StoredKeyPackage(
                                                owner,
                                                ref(i),
                                                KeyPackageKind.ofSuite(1),
                                                false,
                                                now.plus(Duration.ofDays(1)),
                                                ref(i));
                                return store.publish(
                                        PublishRequest.of(
                                                owner,
                                                List.of(
                                                        new OfferedKeyPackage(
                                                                keyPackage, Features.NONE)),
                                                false,
                                                10));
                            },
                            256)
                    .blockLast(Duration.ofMinutes(3));
        }
    }
}
