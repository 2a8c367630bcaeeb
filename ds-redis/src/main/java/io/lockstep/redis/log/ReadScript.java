package io.lockstep.redis.log;

import io.lockstep.log.ReadOutcome;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import reactor.core.publisher.Mono;

/// `read.lua`.
final class ReadScript {
    private static final Script SCRIPT = Script.of("log/read");

    private ReadScript() {}

    static Mono<ReadOutcome> run(
            RedisLine line, GroupKeys keys, long afterPosition, int countMax, int bytesMax) {
        return SCRIPT.run(
                        line,
                        new byte[][] {keys.meta(), keys.log()},
                        Script.number(afterPosition + 1),
                        Script.number(Math.max(1, countMax)),
                        Script.number(Math.max(1, bytesMax)))
                .map(Reply::of)
                .map(reply -> outcome(reply, afterPosition));
    }

    private static ReadOutcome outcome(Reply reply, long afterPosition) {
        if (reply.isEmpty()) {
            return new ReadOutcome.Missing();
        }
        var tail = Packed.tail(reply, 0);
        return afterPosition + 1 < tail.firstRetained()
                ? new ReadOutcome.Trimmed(tail)
                : new ReadOutcome.Entries(tail, StoredEntries.decodeRange(reply.list(3)));
    }
}
