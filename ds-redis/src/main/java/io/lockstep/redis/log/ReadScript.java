package io.lockstep.redis.log;

import io.lockstep.log.ReadOutcome;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import reactor.core.publisher.Mono;

/// Runs `read.lua`: reads entries.
final class ReadScript {
    private static final Script SCRIPT = Script.reading("log/entries", "log/read");

    /// Bytes of whole entries in one reply. They keep the reply below 1 MiB.
    static final int HELD_BYTES_MAX = 768 << 10;

    private ReadScript() {}

    static Mono<ReadOutcome> run(
            PipelinedConnection connection,
            GroupRedisKeys keys,
            GroupKeyCache groupKeys,
            long afterPosition,
            int countMax,
            int bytesMax) {
        return SCRIPT.run(
                        connection,
                        new byte[][] {keys.meta(), keys.log()},
                        Script.number(afterPosition + 1),
                        Script.number(Math.max(1, countMax)),
                        Script.number(Math.max(1, bytesMax)),
                        Script.number(HELD_BYTES_MAX))
                .map(ScriptReply::of)
                .map(reply -> outcome(reply, afterPosition, keys, groupKeys));
    }

    private static ReadOutcome outcome(
            ScriptReply reply, long afterPosition, GroupRedisKeys keys, GroupKeyCache groupKeys) {
        if (reply.isEmpty()) {
            return new ReadOutcome.LogMissing();
        }
        var tail = MetaCodec.tail(reply, 0);
        return afterPosition + 1 < tail.firstRetained()
                ? new ReadOutcome.Trimmed(tail)
                : new ReadOutcome.Entries(
                        tail,
                        groupKeys.reader(keys, tail, reply.bytes(4)).readRange(reply.list(3)));
    }
}
