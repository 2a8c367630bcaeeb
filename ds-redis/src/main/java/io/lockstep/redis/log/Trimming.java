package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// `trim.lua`, again and again as long as there is more to delete. The store's clock decides what is old.
final class Trimming {
    private static final Script SCRIPT = Script.freeing("log/sizes", "log/trim");

    /// At least one segment of `sizes.lua`; 1 to 3 ms of Redis where entries are long.
    static final int DELETED_AT_ONCE = 1_024;

    private final RedisLine line;
    private final GroupKeys keys;
    private final Duration age;
    private final LogLimits limits;

    Trimming(RedisLine line, GroupKeys keys, Duration age, LogLimits limits) {
        this.line = line;
        this.keys = keys;
        this.age = age;
        this.limits = limits;
    }

    /// @return how many entries were deleted
    Mono<Long> run() {
        return trimOnce()
                .expand(trimmed -> trimmed.mayBeMore() ? trimOnce() : Mono.empty())
                .reduce(0L, (sum, trimmed) -> sum + trimmed.deleted());
    }

    private record Trimmed(long deleted, boolean mayBeMore) {}

    private Mono<Trimmed> trimOnce() {
        return SCRIPT.run(
                        line,
                        new byte[][] {
                            keys.meta(), keys.log(), keys.sizes(), keys.roster(), keys.former()
                        },
                        Script.number(age.toMillis()),
                        Script.number(limits.logBytesMax()),
                        Script.number(DELETED_AT_ONCE))
                .map(Reply::of)
                .filter(reply -> !reply.isEmpty())
                .map(reply -> new Trimmed(reply.number(0), reply.number(1) == 1));
    }
}
