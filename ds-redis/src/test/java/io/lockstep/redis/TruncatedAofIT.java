package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.redis.log.RedisGroupLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;

/// A power cut leaves the append-only file with the start of a script's effects: MULTI without its
/// EXEC. Redis starts on that file and appends later acknowledged writes behind it. At the next
/// start it reads all of them as part of the open transaction.
class TruncatedAofIT {
    private static final int CUTS = 23;
    private static final RedisSettings SETTINGS = TestRedis.SETTINGS;

    @TempDir static Path folder;
    private static RedisBinary binary = new RedisBinary(Path.of("none"), "none");

    /// The result of an append: the file's name below the folder, and its bytes up to each cut.
    private static Path template = Path.of("none");

    private static String file = "";
    private static final List<Integer> CUT_AT = new ArrayList<>();

    @BeforeAll
    static void write() throws Exception {
        binary = RedisBinary.bundled(folder.toRealPath());
        template = Files.createDirectories(folder.resolve("template"));
        try (var redis = RawRedis.start(binary, template)) {
            writeThree(redis.uri());
        }
        try (var files = Files.list(template.resolve("appendonlydir"))) {
            var last =
                    files.filter(f -> f.toString().endsWith(".incr.aof"))
                            .sorted()
                            .toList()
                            .getLast();
            file = template.relativize(last).toString();
        }
        var text = Files.readString(template.resolve(file), StandardCharsets.ISO_8859_1);
        int end = text.lastIndexOf("EXEC\r\n") + "EXEC\r\n".length();
        int begin = text.lastIndexOf("MULTI\r\n", end);
        assertThat(begin).isPositive();
        // The end is not a cut: there the file is complete.
        for (int i = 0; i < CUTS; i++) {
            CUT_AT.add(begin + (end - 1 - begin) * (i + 1) / CUTS);
        }
    }

    /// The entries of the group that were acknowledged before the file was cut: two.
    private static final List<LogEntry> BEFORE = new ArrayList<>();

    private static Optional<GroupWriter> afterTwo = Optional.empty();

    /// A group with three entries. The cut removes the third.
    private static void writeThree(String uri) {
        try (var connections = RedisConnections.open(uri, SETTINGS);
                var log = log(connections)) {
            assertThat(connections.awaitVerified(GroupWriter.PATIENCE)).isTrue();
            var writer = GroupWriter.create(log);
            for (var text : List.of("one", "two")) {
                BEFORE.add(append(writer, text));
            }
            afterTwo = Optional.of(writer.twin(log));
            append(writer, "three, which was never acknowledged");
        }
    }

    private static LogEntry append(GroupWriter writer, String text) {
        var entry = writer.application(text);
        assertThat(writer.append(List.of(entry))).isInstanceOf(AppendOutcome.Succeeded.class);
        return entry.entry();
    }

    /// The entries of the group that are acknowledged after the cut: the earlier ones and two more.
    private static List<LogEntry> writeTwoMore(String uri, RedisSettings settings) {
        try (var connections = RedisConnections.open(uri, settings);
                var log = log(connections)) {
            assertThat(connections.awaitVerified(GroupWriter.PATIENCE)).isTrue();
            var writer = afterTwo.orElseThrow().twin(log);
            var acknowledged = new ArrayList<>(BEFORE);
            acknowledged.add(append(writer, "another three"));
            acknowledged.add(append(writer, "four"));
            return acknowledged;
        }
    }

    private static RedisGroupLog log(RedisConnections connections) {
        return new RedisGroupLog(
                connections, TestRedis.KEY, Schedulers.parallel(), InstantSource.system());
    }

    private static List<LogEntry> read(String uri) {
        try (var connections = RedisConnections.open(uri, SETTINGS);
                var log = log(connections)) {
            var found =
                    log.read(afterTwo.orElseThrow().group(), 0, 100, 1 << 20)
                            .block(GroupWriter.PATIENCE);
            return found instanceof ReadOutcome.Entries(_, var entries) ? entries : List.of();
        }
    }

    private static Path cut(int at, String name) throws IOException {
        var copy = Files.createDirectories(folder.resolve(name + at));
        try (var files = Files.walk(template)) {
            for (var each : files.filter(Files::isRegularFile).toList()) {
                var target = copy.resolve(template.relativize(each));
                Files.createDirectories(target.getParent());
                Files.copy(each, target);
            }
        }
        var bytes = Files.readAllBytes(template.resolve(file));
        Files.write(copy.resolve(file), Arrays.copyOf(bytes, at));
        return copy;
    }

    /// Proves that the cuts lose entries: when the weakness is accepted by name, the file is not
    /// rewritten.
    @Test
    void whereNothingIsRewrittenMostCutsLoseWhatWasAcknowledgedAfterThem() throws Exception {
        int lost = 0;
        for (int at : CUT_AT) {
            var data = cut(at, "unmended");
            List<LogEntry> acknowledged;
            try (var redis = RawRedis.start(binary, data)) {
                acknowledged =
                        writeTwoMore(
                                redis.uri(), SETTINGS.withWeakerAccepted(Set.of("aof-rewrite")));
            }
            try (var redis = RawRedis.start(binary, data)) {
                lost += read(redis.uri()).equals(acknowledged) ? 0 : 1;
            }
        }
        assertThat(lost).isGreaterThan(CUTS / 3);
    }

    @Test
    @DisplayName(
            "I3: a given Redis is not written to before it has rewritten the file that it loaded")
    void aGivenRedisIsNotWrittenToBeforeItHasRewrittenItsFile() throws Exception {
        for (int at : CUT_AT) {
            var data = cut(at, "given");
            List<LogEntry> acknowledged;
            try (var redis = RawRedis.start(binary, data)) {
                acknowledged = writeTwoMore(redis.uri(), SETTINGS);
            }
            try (var redis = RawRedis.start(binary, data)) {
                assertThat(read(redis.uri())).as("cut at %d", at).isEqualTo(acknowledged);
            }
        }
    }

    @Test
    @DisplayName("I3: our own Redis serves only after it has rewritten the file that it loaded")
    void ourOwnRedisServesOnlyAfterARewrite() throws Exception {
        for (int at : CUT_AT.subList(0, 6)) {
            var data = cut(at, "own");
            List<LogEntry> acknowledged;
            try (var redis = EmbeddedRedis.start(data.toRealPath(), 0, binary)) {
                acknowledged =
                        writeTwoMore(
                                redis.uri(), SETTINGS.withWeakerAccepted(Set.of("aof-rewrite")));
                redis.redis().destroyForcibly();
            }
            try (var redis = EmbeddedRedis.start(data.toRealPath(), 0, binary)) {
                assertThat(read(redis.uri())).as("cut at %d", at).isEqualTo(acknowledged);
            }
        }
    }
}
