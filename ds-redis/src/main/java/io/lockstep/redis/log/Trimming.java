package io.lockstep.redis.log;

import io.lockstep.log.EntryKind;
import io.lockstep.log.LogEntry;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/// `oldest.lua` and `trim.lua`: looks at the oldest entries, decides here where to cut, cuts there if
/// nobody else has cut meanwhile; and again, as long as everything it saw had to go.
final class Trimming {
    private static final Script OLDEST = Script.of("log/oldest");
    private static final Script TRIM = Script.of("log/trim");
    private static final int LOOKED_AT_MAX = 512;

    private final RedisLine line;
    private final GroupKeys keys;
    private final long acceptedBeforeMillis;

    Trimming(RedisLine line, GroupKeys keys, long acceptedBeforeMillis) {
        this.line = line;
        this.keys = keys;
        this.acceptedBeforeMillis = acceptedBeforeMillis;
    }

    /// @return how many entries were deleted
    Mono<Long> run() {
        return cutOnce()
                .expand(cut -> cut.mayGoOn() ? cutOnce() : Mono.empty())
                .reduce(0L, (sum, cut) -> sum + cut.deleted());
    }

    /// @param mayGoOn everything that was looked at is deleted
    private record Cut(long deleted, boolean mayGoOn) {}

    private Mono<Cut> cutOnce() {
        return OLDEST.run(
                        line, new byte[][] {keys.meta(), keys.log()}, Script.number(LOOKED_AT_MAX))
                .map(Reply::of)
                .filter(reply -> !reply.isEmpty())
                .flatMap(this::cut);
    }

    private Mono<Cut> cut(Reply oldest) {
        var expired =
                StoredEntries.decodeRange(oldest.list(3)).stream()
                        .takeWhile(entry -> entry.acceptedAtMillis() < acceptedBeforeMillis)
                        .toList();
        if (expired.isEmpty()) {
            return Mono.empty();
        }
        long kept = oldest.number(1);
        long keep =
                Math.max(kept, oldestOpen(expired, Packed.policy(oldest.bytes(2)).pastEpochs()));
        var trimKeys = new ArrayList<byte[]>(List.of(keys.meta(), keys.log()));
        for (long epoch = kept; epoch < keep; epoch++) {
            trimKeys.add(keys.seen(epoch));
        }
        long first = expired.getLast().position() + 1;
        return TRIM.run(
                        line,
                        trimKeys.toArray(byte[][]::new),
                        oldest.bytes(0),
                        Script.number(first),
                        Script.number(keep))
                .map(answer -> Reply.of(answer).number(0))
                .map(deleted -> new Cut(deleted, deleted > 0 && expired.size() == LOOKED_AT_MAX));
    }

    /// The oldest epoch whose messages may stand behind the entries that go: an epoch takes messages
    /// until so many later ones have ended. What only such entries hold may be forgotten with them.
    private static long oldestOpen(List<LogEntry> expired, int pastEpochs) {
        return expired.stream()
                .filter(entry -> entry.kind() == EntryKind.COMMIT)
                .mapToLong(entry -> entry.epoch() + 1 - pastEpochs)
                .max()
                .orElse(0);
    }
}
