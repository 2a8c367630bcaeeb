package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lockstep.auth.ClientId;
import io.lockstep.log.GroupWriter;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What an attacker finds who has Redis but not the deployment key.
class NoNamesIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final ClientId BOB = FilledStore.BOB;

    @Test
    @DisplayName(
            "I8: no name of a user, device or group is in a key, a value or a file of the store")
    void noNameIsInTheClear() throws Exception {
        var connections = REDIS.connect();
        var writer = FilledStore.fill(REDIS, connections, TestRedis.KEY).writer();

        var everything = everything(connections.queries());
        assertThat(everything).hasSizeGreaterThan(10);
        for (var value : everything) {
            assertThat(value)
                    .doesNotContain(BOB.user(), BOB.device(), FilledStore.name(writer))
                    .doesNotContain(writer.group().bytes().hex(), hex(BOB.user()));
        }
        // The append-only file contains the commands as they were sent.
        assertNoNamesInFiles(writer);
        REDIS.ask("BGREWRITEAOF");
        await().untilAsserted(() ->
                assertThat(REDIS.ask("INFO", "persistence").toString())
                        .contains("aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0"));
        assertNoNamesInFiles(writer);
    }

    private static void assertNoNamesInFiles(GroupWriter writer) throws IOException {
        try (var files = Files.walk(REDIS.folder())) {
            var all = files.filter(Files::isRegularFile).toList();
            assertThat(all).hasSizeGreaterThan(2);
            for (var file : all) {
                var content = latin(Files.readAllBytes(file));
                for (var name :
                        List.of(
                                BOB.user(),
                                BOB.device(),
                                FilledStore.name(writer),
                                hex(BOB.user()),
                                writer.group().bytes().hex())) {
                    assertThat(content.contains(name)).as("%s in %s", name, file).isFalse();
                }
            }
        }
    }

    @Test
    void dataUnderAnotherDeploymentKeyIsRefused() {
        var connections = REDIS.connect();
        DeploymentGuard.check(connections, TestRedis.KEYS);
        DeploymentGuard.check(connections, TestRedis.KEYS);
        var other =
                DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex("11".repeat(DeploymentKey.BYTES))));

        assertThatThrownBy(() -> DeploymentGuard.check(connections, other))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another deployment key");
    }

    /// All keys, and every value as Redis dumps it.
    private static List<String> everything(PipelinedConnection line) {
        var found = new ArrayList<String>();
        // A compressed dump would hide its content.
        line.send(commands -> commands.configSet("rdbcompression", "no"))
                .block(GroupWriter.PATIENCE);
        var scan =
                line.<KeyScanCursor<byte[]>>send(
                        commands -> commands.scan(ScanArgs.Builder.limit(10_000)));
        var cursor = scan.blockOptional(GroupWriter.PATIENCE).orElseThrow();
        assertThat(cursor.isFinished()).isTrue();
        for (var key : cursor.getKeys()) {
            found.add(latin(key));
            var dump =
                    line.send(commands -> commands.dump(key)).blockOptional(GroupWriter.PATIENCE);
            found.add(latin(dump.orElseThrow()));
        }
        return found;
    }

    private static String hex(String text) {
        return GroupWriter.text(text).hex();
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
