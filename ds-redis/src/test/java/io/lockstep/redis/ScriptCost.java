package io.lockstep.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/// Measures the cost of an operation in Redis: the time of its slowest command by the slow log, and
/// the bytes of all its replies. The time is capped by the CPU time of Redis's thread, because on a
/// busy machine the slow log includes the time of other processes.
///
/// Redis executes one command at a time, so the cost of one user's script delays all others. Each
/// script is limited to [#MICROS_MAX] and each reply to [#REPLY_BYTES_MAX], at the largest state
/// that the limits allow.
public final class ScriptCost implements AutoCloseable {
    public static final double MICROS_MAX = 5_000;
    public static final long REPLY_BYTES_MAX = 1 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int COMMANDS_MAX = 100_000;

    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> connection;

    /// @param slowestMicros time of the slowest command, by the slow log
    /// @param ranMicros CPU time of Redis's thread in the meantime
    /// @param replyBytes bytes of all replies, and of everything else that Redis sent in the
    ///     meantime
    /// @param slowest the beginning of the slowest command, for people
    /// @param scripts the SHA of each script that ran, in any order
    /// @param brought whether the operation had a result
    public record Cost(
            long slowestMicros,
            long ranMicros,
            long replyBytes,
            String slowest,
            List<String> scripts,
            boolean brought) {
        /// The time of the slowest command.
        public long micros() {
            return Math.min(slowestMicros, ranMicros);
        }

        /// The time of one of several equal scripts: at most the mean CPU time of Redis's thread.
        public long microsOfEach() {
            return Math.min(slowestMicros, ranMicros / Math.max(1, scripts.size()));
        }

        /// The mean reply bytes of several equal scripts.
        public long replyBytesOfEach() {
            return replyBytes / Math.max(1, scripts.size());
        }
    }

    public ScriptCost(String uri) {
        client = RedisClient.create(uri);
        connection = client.connect(ByteArrayCodec.INSTANCE);
        var commands = connection.sync();
        var _ = commands.configSet("slowlog-log-slower-than", "0");
        var _ = commands.configSet("slowlog-max-len", Integer.toString(COMMANDS_MAX));
    }

    /// Runs the operation once and measures it.
    public Cost of(Mono<?> operation) {
        var commands = connection.sync();
        var _ = commands.slowlogReset();
        long before = sentBytes();
        long ranBefore = ranMicros();
        var brought = operation.block(PATIENCE);
        long ran = ranMicros() - ranBefore;
        long sent = sentBytes() - before;
        long slowestMicros = 0;
        var slowest = "";
        var scripts = new ArrayList<String>();
        for (var entry : commands.slowlogGet(COMMANDS_MAX)) {
            var fields = (List<?>) entry;
            long spent = (Long) fields.get(2);
            var words = (List<?>) fields.get(3);
            var name = beginning(words);
            if (name.startsWith("EVAL")) {
                scripts.add(word(words.get(1)));
            }
            if (spent > slowestMicros && !isOwn(name)) {
                slowestMicros = spent;
                slowest = name;
            }
        }
        return new Cost(slowestMicros, ran, sent, slowest, scripts, brought != null);
    }

    /// How many times slower this machine is now than a quiet one, at least 1. On a quiet one a
    /// script of 2,000 HSET takes 1.7 ms of Redis, as long as an append of a batch of 256 short
    /// messages.
    public double slowness() {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = ranMicros();
            var _ =
                    connection
                            .sync()
                            .eval(
                                    "for i = 1, 2000 do redis.call('HSET', KEYS[1], i % 100, i) end",
                                    ScriptOutputType.STATUS,
                                    "calibration".getBytes(StandardCharsets.US_ASCII));
            best = Math.min(best, ranMicros() - before);
        }
        return Math.max(1, best / 1_700.0);
    }

    private static boolean isOwn(String command) {
        return command.startsWith("SLOWLOG") || command.startsWith("INFO");
    }

    private static String beginning(List<?> words) {
        var beginning = new StringBuilder();
        for (var word : words.subList(0, Math.min(3, words.size()))) {
            beginning.append(word(word)).append(' ');
        }
        return beginning.toString();
    }

    private static String word(Object word) {
        return new String((byte[]) word, StandardCharsets.ISO_8859_1);
    }

    private long sentBytes() {
        return Long.parseLong(info("stats", "total_net_output_bytes:"));
    }

    /// CPU time of Redis's one thread.
    private long ranMicros() {
        double seconds =
                Double.parseDouble(info("cpu", "used_cpu_user_main_thread:"))
                        + Double.parseDouble(info("cpu", "used_cpu_sys_main_thread:"));
        return Math.round(seconds * 1e6);
    }

    private String info(String section, String name) {
        return connection
                .sync()
                .info(section)
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
