package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.redis.RedisServerCheck.Severity;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedRedisIT {
    @TempDir Path folder;

    @Test
    void itServesWithSettingsThatKeepWhatIsAcknowledged() throws IOException {
        try (var redis = EmbeddedRedis.start(folder, 0);
                var connections = RedisConnections.open(redis.uri(), TestRedis.SETTINGS)) {
            assertThat(connections.isWritable()).isTrue();
            assertThat(connections.findings())
                    .isNotEmpty()
                    .extracting(Finding::severity)
                    .containsOnly(Severity.OK);
            assertThat(redis.description()).contains(folder.toRealPath().toString());
        }
    }

    @Test
    void aWeakerServerIsFoundOut() throws IOException {
        try (var redis = EmbeddedRedis.start(folder, 0);
                var connections = RedisConnections.open(redis.uri(), TestRedis.SETTINGS)) {
            ask(redis, "CONFIG", "SET", "appendfsync", "everysec");
            ask(redis, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");

            await().untilAsserted(() ->
                    assertThat(connections.findings())
                            .filteredOn(finding -> finding.severity() == Severity.FATAL)
                            .extracting(Finding::text)
                            .satisfiesExactlyInAnyOrder(
                                    text -> assertThat(text).startsWith("appendfsync is everysec"),
                                    text ->
                                            assertThat(text)
                                                    .startsWith(
                                                            "maxmemory-policy is allkeys-lru")));
        }
    }

    @Test
    void dataOutlivesIt() throws IOException {
        try (var redis = EmbeddedRedis.start(folder, 0)) {
            ask(redis, "SET", "kept", "yes");
        }
        try (var redis = EmbeddedRedis.start(folder, 0)) {
            assertThat(ask(redis, "GET", "kept")).containsExactly("yes");
        }
    }

    private static List<String> ask(EmbeddedRedis redis, String... words) throws IOException {
        return RedisProbe.ask(redis.port(), redis.password(), words);
    }

    /// Bug: it had no password. Any process of the machine, and any page in its browser, could
    /// write to it.
    @Test
    void nobodyUsesItWithoutThePasswordThatOnlyItsOwnerReads() throws IOException {
        try (var redis = EmbeddedRedis.start(folder, 0)) {
            assertThatThrownBy(() -> RedisProbe.ask(redis.port(), "", "GET", "kept"))
                    .hasMessageContaining("NOAUTH");
            assertThat(ask(redis, "CONFIG", "GET", "protected-mode")).endsWith("yes");
            for (var file : List.of("redis.password", "redis.conf")) {
                assertThat(
                                PosixFilePermissions.toString(
                                        Files.getPosixFilePermissions(folder.resolve(file))))
                        .isEqualTo("rw-------");
            }
            var password = redis.password();
            var commandLine = redis.redis().info().arguments().map(List::of).orElse(List.of());
            assertThat(commandLine).noneMatch(argument -> argument.contains(password));
        }
    }

    @Test
    void aFolderIsUsedByOneAtATime() throws IOException {
        try (var redis = EmbeddedRedis.start(folder, 0)) {
            assertThatThrownBy(() -> EmbeddedRedis.start(folder, 0))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another process uses");
            assertThat(redis.isAlive()).isTrue();
        }
    }

    @Test
    void theBundledProgramRuns() throws IOException {
        var binary = RedisBinary.bundled(folder);

        try (var redis = EmbeddedRedis.start(folder.toRealPath(), 0, binary)) {
            assertThat(redis.description()).startsWith("Redis 7.0.15");
        }
    }

    @Test
    @DisplayName("It dies with the process that started it, even by kill -9")
    void itDiesWithTheProcessThatStartedIt() throws Exception {
        var parent = startInAnotherProcess();
        var redis = redisOf(parent);

        parent.destroyForcibly();

        redis.onExit().get(20, TimeUnit.SECONDS);
    }

    @Test
    void whatWasLeftBehindIsStoppedAtTheNextStart() throws Exception {
        var parent = startInAnotherProcess();
        var redis = redisOf(parent);
        var watchdog = redis.parent().orElseThrow();
        assertThat(watchdog.parent().map(ProcessHandle::pid)).contains(parent.pid());
        // The subshell first, because it would also stop Redis when the pipe closes.
        watchdog.children()
                .filter(child -> !child.equals(redis))
                .forEach(ProcessHandle::destroyForcibly);
        watchdog.destroyForcibly();
        parent.destroyForcibly().waitFor();
        assertThat(redis.isAlive()).isTrue();

        try (var next = EmbeddedRedis.start(folder, 0)) {
            assertThat(redis.isAlive()).isFalse();
            assertThat(next.redis().pid()).isNotEqualTo(redis.pid());
        }
    }

    @Test
    void aPidFileThatNamesSomethingElseHarmsNobody() throws IOException {
        Files.writeString(
                folder.resolve("redis.pid"), Long.toString(ProcessHandle.current().pid()));
        Files.writeString(folder.resolve("redis.port"), "1");

        try (var redis = EmbeddedRedis.start(folder, 0)) {
            assertThat(redis.redis().pid()).isNotEqualTo(ProcessHandle.current().pid());
        }
    }

    private Process startInAnotherProcess() throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var command =
                List.of(
                        java,
                        "-cp",
                        System.getProperty("java.class.path"),
                        StartedRedis.class.getName(),
                        folder.toString());
        return new ProcessBuilder(command).redirectError(new File("/dev/null")).start();
    }

    /// Waits until the process reports that Redis accepts clients.
    private ProcessHandle redisOf(Process parent) throws IOException {
        var line = parent.inputReader(StandardCharsets.US_ASCII).readLine();
        return ProcessHandle.of(Long.parseLong(line)).orElseThrow();
    }

    /// Starts Redis, prints its pid, and keeps running.
    static final class StartedRedis {
        private StartedRedis() {}

        public static void main(String[] arguments) throws Exception {
            var redis = EmbeddedRedis.start(Path.of(arguments[0]), 0);
            System.out.println(redis.redis().pid());
            Thread.currentThread().join();
        }
    }
}
