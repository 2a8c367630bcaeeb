package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Redis that refuses writes: each submission is refused long before the limit of ten seconds. A
/// send to a Redis at `maxmemory` had no answer within five seconds.
final class RefusingStoreIT {
    private static final Duration SOON = Duration.ofSeconds(4);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path folder;

    /// A change that makes Redis refuse writes, and its reversal.
    private interface Change {
        void make(RedisCommands<String, String> redis) throws Exception;
    }

    @Test
    void submissionsAtMaxmemoryAreAnsweredSoon() throws Exception {
        refused(
                redis -> redis.configSet("maxmemory", "1"),
                redis -> redis.configSet("maxmemory", "0"),
                // Redis refused the append, or the node knew that there is no room.
                "unavailable",
                "overloaded");
    }

    @Test
    void submissionsToAReplicaAreAnsweredSoon() throws Exception {
        refused(
                redis -> redis.replicaof("127.0.0.1", 1),
                redis -> redis.replicaofNoOne(),
                "unavailable");
    }

    @Test
    void submissionsToARedisThatCannotSaveAreAnsweredSoon() throws Exception {
        refused(
                redis -> {
                    // The snapshot file cannot be renamed over a folder.
                    Files.createDirectories(
                            Path.of(redis.configGet("dir").get("dir"))
                                    .resolve(redis.configGet("dbfilename").get("dbfilename"))
                                    .resolve("in the way"));
                    redis.configSet("save", "3600 1");
                    redis.configSet("stop-writes-on-bgsave-error", "yes");
                    redis.bgsave();
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .until(() ->
                                    redis.info("persistence")
                                            .contains("rdb_last_bgsave_status:err"));
                },
                redis -> redis.configSet("stop-writes-on-bgsave-error", "no"),
                "unavailable");
    }

    /// @param codes that a submission may be refused with
    private void refused(Change refusing, Change ending, String... codes) throws Exception {
        try (var server = KillableServer.start(folder);
                var session = new JsonSession(server, "alice/phone")) {
            var groups = List.of(group(1), group(2), group(3));
            for (int i = 0; i < groups.size(); i++) {
                session.send(i + 1, "create", create(groups.get(i)));
                assertThat(session.answer(i + 1).has("accepted")).isTrue();
            }
            var redis = RedisClient.create(server.redis());
            try (var connection = redis.connect()) {
                refusing.make(connection.sync());
                assertRefused(session, groups, 100, codes);
                // Again, when the server knows that the store refuses writes.
                assertRefused(session, groups, 200, codes);
                ending.make(connection.sync());
                Awaitility.await()
                        .atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> {
                            session.send(300, "send", message(groups.getFirst(), 300));
                            return session.answer(300).has("accepted");
                        });
            } finally {
                redis.shutdown();
            }
        }
    }

    /// Sends all of them at once, of each kind.
    private static void assertRefused(
            JsonSession session, List<GroupId> groups, int firstRequest, String... codes)
            throws Exception {
        var requests = new ArrayList<Integer>();
        int request = firstRequest;
        for (var group : groups) {
            session.send(request, "send", message(group, request));
            requests.add(request++);
            session.send(request, "commit", commit(group, request));
            requests.add(request++);
        }
        session.send(request, "create", create(group(request)));
        requests.add(request);
        long begun = System.nanoTime();
        for (int each : requests) {
            var answer = session.answer(each);
            assertThat(answer.path("refused").path("code").asString())
                    .as(answer.toString())
                    .isIn((Object[]) codes);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    }

    private static GroupId group(int number) {
        return new GroupId(Bytes.wrap(("group " + number).getBytes(StandardCharsets.UTF_8)));
    }

    private static String create(GroupId group) {
        return "{\"groupId\":\"%s\"}".formatted(base64(group.bytes()));
    }

    private static String message(GroupId group, int marker) {
        return "{\"message\":\"%s\"}".formatted(base64(MlsBytes.application(group, 0, marker, 50)));
    }

    private static String commit(GroupId group, int marker) {
        return "{\"message\":\"%s\"}".formatted(base64(MlsBytes.commit(group, 0, marker, 100)));
    }

    private static String base64(Bytes bytes) {
        return Base64.getEncoder().encodeToString(bytes.toArray());
    }
}
