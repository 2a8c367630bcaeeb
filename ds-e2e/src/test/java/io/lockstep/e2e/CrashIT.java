package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Acceptance;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.LogCursor;
import io.lockstep.redis.EmbeddedRedis;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Kills processes in the middle of traffic and checks that nothing acknowledged is lost.
final class CrashIT {
    private static final int CRASHES = 3;
    private static final int ACCEPTED_BEFORE_CRASH = 400;
    private static final int WRITERS = 8;
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("crash".getBytes(StandardCharsets.UTF_8)));

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final SubmissionRecord record = new SubmissionRecord();

    @TempDir private Path folder;

    // PROTOCOL R-ACCEPTED-1
    @Test
    @DisplayName("I2, I3, I4: kill -9 of the server loses, moves and doubles nothing acknowledged")
    void nothingAcknowledgedIsLostWhenTheServerIsKilled() {
        try (var network = ClientNetwork.start(2)) {
            for (int crash = 0; crash < CRASHES; crash++) {
                var server = KillableServer.start(folder);
                try (var client = Clients.connect(network, server, "writer/d", random)) {
                    if (crash == 0) {
                        create(client);
                    }
                    resendAll(client);
                    traffic(client, record.acceptedCount() + ACCEPTED_BEFORE_CRASH, server::kill);
                }
            }
            try (var server = KillableServer.start(folder);
                    var client = Clients.connect(network, server, "writer/d", random)) {
                resendAll(client);
                verifyLog(client);
            }
        }
    }

    // PROTOCOL R-ACCEPTED-1
    @Test
    @DisplayName("I2, I3, I4: kill -9 of Redis loses, moves and doubles nothing acknowledged")
    void nothingAcknowledgedIsLostWhenRedisIsKilled() throws Exception {
        var data = Files.createDirectories(folder.resolve("redis"));
        var redis = EmbeddedRedis.start(data, 0);
        try (var network = ClientNetwork.start(2);
                var server =
                        KillableServer.start(folder.resolve("server"), "--redis", redis.uri());
                var client = Clients.connect(network, server, "writer/d", random)) {
            create(client);
            for (int crash = 0; crash < CRASHES; crash++) {
                int port = redis.port();
                traffic(client, record.acceptedCount() + ACCEPTED_BEFORE_CRASH, kill(redis));
                // Releases the folder.
                redis.close();
                redis = EmbeddedRedis.start(data, port);
                resendAll(client);
            }
            verifyLog(client);
        } finally {
            redis.close();
        }
    }

    private static Runnable kill(EmbeddedRedis redis) throws IOException {
        var process = redis.redis();
        return () -> {
            process.destroyForcibly();
            process.onExit().join();
        };
    }

    private static void create(LockstepClient client) {
        client.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY)
                .block(Duration.ofSeconds(30));
    }

    /// Sends from several threads until the count of accepted messages is reached, then kills
    /// during traffic.
    private void traffic(LockstepClient client, int acceptedUntil, Runnable kill) {
        var writing =
                Flux.range(0, WRITERS)
                        .flatMap(_ -> submitNew(client).repeat(), WRITERS)
                        .onErrorComplete()
                        .subscribe();
        Awaitility.await("seed " + seed)
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(1 + random.nextInt(5)))
                .until(() -> record.acceptedCount() >= acceptedUntil);
        kill.run();
        writing.dispose();
    }

    private Mono<Acceptance> submitNew(LockstepClient client) {
        return Mono.defer(() -> {
            var message = MlsBytes.application(GROUP, 0, record.nextMarker(), 200);
            record.submitting(message);
            return submit(client, message);
        });
    }

    private Mono<Acceptance> submit(LockstepClient client, Bytes message) {
        return client.send(GROUP, message).doOnNext(a -> record.accepted(message, a));
    }

    /// Resends all unanswered messages, and a sample of the answered ones. The latter must get
    /// their first outcome.
    private void resendAll(LockstepClient client) {
        var answered = new ArrayList<>(record.answered());
        Collections.shuffle(answered, random);
        var sample = answered.subList(0, Math.min(100, answered.size()));
        for (var message : sample) {
            var again = submit(client, message).block(Duration.ofSeconds(30));
            assertThat(Objects.requireNonNull(again).repeat())
                    .as("I4: a resend is marked as repeated, seed %d", seed)
                    .isTrue();
        }
        Flux.fromIterable(record.unanswered())
                .flatMap(m -> submit(client, m), 32)
                .blockLast(Duration.ofMinutes(1));
        assertThat(record.contradictions()).as("I4: first outcomes, seed %d", seed).isEmpty();
    }

    private void verifyLog(LockstepClient client) {
        var seen = Collections.synchronizedList(new ArrayList<Delivered>());
        client.events()
                .ofType(Delivered.class)
                .subscribe(d -> {
                    seen.add(d);
                    client.acknowledge(d);
                });
        ClientEvent.CaughtUp live =
                Objects.requireNonNull(
                        client.attach(LogCursor.unknown(GROUP)).block(Duration.ofMinutes(1)));
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> !seen.isEmpty() && seen.getLast().position() >= live.position());
        assertDense(seen);
        var byHash = seen.stream().map(Delivered::sha256).toList();
        assertThat(byHash).as("I4: each once, seed %d", seed).doesNotHaveDuplicates();
        assertThat(byHash).as("nothing that was not submitted").allMatch(record::wasSubmitted);
        record.accepted()
                .forEach((sha256, answer) -> {
                    var entry = seen.get((int) answer.position() - 1);
                    assertThat(entry.sha256())
                            .as("I3: position %d, seed %d", answer.position(), seed)
                            .isEqualTo(sha256);
                });
        assertThat(seen).hasSize(record.acceptedCount());
    }

    private static void assertDense(List<Delivered> seen) {
        for (int i = 0; i < seen.size(); i++) {
            assertThat(seen.get(i).position()).as("I2: dense").isEqualTo(i + 1);
        }
    }
}
