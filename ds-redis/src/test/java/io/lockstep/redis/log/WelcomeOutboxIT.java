package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.Script;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WelcomeOutboxIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();

    /// Bug: a sweep saw the oldest thousand traces only. A Welcome behind them waited forever.
    @Test
    void aWelcomeBehindThousandsOfTracesIsFound() {
        var log = REDIS.groupLog();
        var client = RedisClient.create(REDIS.uri());
        var redis = client.connect(ByteArrayCodec.INSTANCE).sync();
        long now =
                Long.parseLong(new String(redis.time().getFirst(), StandardCharsets.US_ASCII))
                        * 1_000;
        // Several with the same time, too young to be removed.
        var traces =
                IntStream.range(0, 2_500)
                        .mapToObj(i ->
                                ScoredValue.just(
                                        (double) (now - 20_000 + i / 300),
                                        Script.ascii("%032x".formatted(i))))
                        .toList();
        zadd(redis, traces);
        var writer = GroupWriter.create(log);
        writer.append(
                writer.bundle(
                        "adds bob", RosterDelta.NONE, GroupWriter.text("welcome"), Bytes.EMPTY));

        var found =
                REDIS.groupLog()
                        .welcomesPending()
                        .filter(writer.group()::equals)
                        .next()
                        .blockOptional(GroupWriter.PATIENCE);
        assertThat(found).contains(writer.group());
        assertThat(redis.zcard(Script.ascii("ls:outbox"))).isEqualTo(2_501);
        client.shutdown();
    }

    /// The varargs of `zadd` cannot be a typed array.
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static void zadd(
            RedisCommands<byte[], byte[]> redis, List<ScoredValue<byte[]>> traces) {
        redis.zadd(Script.ascii("ls:outbox"), traces.toArray(new ScoredValue[0]));
    }
}
