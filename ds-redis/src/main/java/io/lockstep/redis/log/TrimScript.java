package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Runs `trim.lua` repeatedly until nothing remains to delete. The store's clock decides the age of
/// an entry.
final class TrimScript {
    private static final Script SCRIPT = Script.freeing("log/sizes", "log/trim");

    /// At least one segment of `sizes.lua`; 1 to 3 ms of Redis where entries are long.
    static final int DELETED_AT_ONCE = 1_024;

    private final PipelinedConnection connection;
    private final GroupRedisKeys keys;
    private final Duration age;
    private final LogLimits limits;

    TrimScript(
            PipelinedConnection connection, GroupRedisKeys keys, Duration age, LogLimits limits) {
        this.connection = connection;
        this.keys = keys;
        this.age = age;
        this.limits = limits;
    }

    /// @return number of deleted entries
    Mono<Long> run() {
        return trimOnce()
                .expand(trimmed -> trimmed.mayBeMore() ? trimOnce() : Mono.empty())
                .reduce(0L, (sum, trimmed) -> sum + trimmed.deleted());
    }

    private record TrimReply(long deleted, boolean mayBeMore) {}

    private Mono<TrimReply> trimOnce() {
        return SCRIPT.run(
                        connection,
                        new byte[][] {
                            keys.meta(), keys.log(), keys.sizes(), keys.roster(), keys.former()
                        },
                        Script.number(age.toMillis()),
                        Script.number(limits.logBytesMax()),
                        Script.number(DELETED_AT_ONCE))
                .map(ScriptReply::of)
                .filter(reply -> !reply.isEmpty())
                .map(reply -> new TrimReply(reply.number(0), reply.number(1) == 1));
    }
}
