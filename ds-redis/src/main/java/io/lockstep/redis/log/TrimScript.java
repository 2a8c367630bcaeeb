package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Runs `trim.lua` repeatedly until nothing remains to delete, or for a number of calls. The
/// store's clock decides the age of an entry.
final class TrimScript {
    private static final Script SCRIPT = Script.freeing("log/sizes", "log/accepted", "log/trim");

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
        return run(Integer.MAX_VALUE).map(Trimmed::deleted);
    }

    /// @param callsMax maximum number of calls
    Mono<Trimmed> run(int callsMax) {
        return trimOnce()
                .expand(trimmed -> trimmed.mayBeMore() ? trimOnce() : Mono.empty())
                .take(callsMax)
                .reduce(Trimmed.NOTHING, Trimmed::then);
    }

    /// What one call or more deleted.
    ///
    /// @param deleted number of entries
    record Trimmed(int calls, long deleted, boolean mayBeMore) {
        static final Trimmed NOTHING = new Trimmed(0, 0, false);

        Trimmed then(Trimmed later) {
            return new Trimmed(calls + later.calls, deleted + later.deleted, later.mayBeMore);
        }
    }

    private Mono<Trimmed> trimOnce() {
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
                .map(reply -> new Trimmed(1, reply.number(0), reply.number(1) == 1));
    }
}
