package io.lockstep.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/// Measures what an operation costs Redis: how long its slowest command holds Redis up, by the slow log, but
/// no more than Redis's thread ran meanwhile, for on a busy machine the slow log counts what others ran; and
/// how many bytes all its replies have together.
public final class ScriptCost implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int COMMANDS_MAX = 100_000;

    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> connection;

    /// @param micros of the slowest command
    /// @param replyBytes of all replies, and of what else Redis sent meanwhile
    /// @param slowest the beginning of the slowest command, for people
    public record Cost(long micros, long replyBytes, String slowest) {}

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
        operation.block(PATIENCE);
        long ran = ranMicros() - ranBefore;
        long sent = sentBytes() - before;
        long micros = 0;
        var slowest = "";
        for (var entry : commands.slowlogGet(COMMANDS_MAX)) {
            var fields = (List<?>) entry;
            long spent = (Long) fields.get(2);
            var name = words((List<?>) fields.get(3));
            if (spent > micros && !isOwn(name)) {
                micros = spent;
                slowest = name;
            }
        }
        return new Cost(Math.min(micros, ran), sent, slowest);
    }

    /// How many times slower this machine is just now than a quiet one, and 1 at least: a script of 2,000
    /// HSET takes 1.7 ms of Redis where the batch by which `LogScriptCostIT` measures takes as long.
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

    private static String words(List<?> arguments) {
        var words = new StringBuilder();
        for (var argument : arguments.subList(0, Math.min(3, arguments.size()))) {
            words.append(new String((byte[]) argument, StandardCharsets.ISO_8859_1)).append(' ');
        }
        return words.toString();
    }

    private long sentBytes() {
        return Long.parseLong(info("stats", "total_net_output_bytes:"));
    }

    /// How long Redis's one thread has run.
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
