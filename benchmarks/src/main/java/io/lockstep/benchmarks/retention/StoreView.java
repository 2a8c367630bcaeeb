package io.lockstep.benchmarks.retention;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.api.sync.RedisCommands;
import io.lockstep.benchmarks.BenchmarkRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;

/// What the benchmark reads of Redis, and the index of groups to sweep, whose times it changes.
final class StoreView {
    /// Sorted sets of groups by the time at which each is due: see the table of keys in
    /// `redis/package-info.java`.
    private static final int BUCKETS = 16;

    private static final int PAGE = 1_000;

    /// Keys of a kind whose memory is asked for.
    private static final int SAMPLES = 200;

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final BenchmarkRedis redis;
    private final RedisCommands<byte[], byte[]> commands;

    StoreView(BenchmarkRedis redis) {
        this.redis = redis;
        commands = redis.connection().sync();
    }

    long cpuMicros() {
        return redis.cpuMicros();
    }

    /// Microseconds in commands so far: CPU time without that of sockets and of the append-only
    /// file.
    long commandMicros() {
        return Pattern.compile("cmdstat_(?!info|scan|memory)[^:]+:calls=\\d+,usec=(\\d+)")
                .matcher(commands.info("commandstats"))
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
    }

    long keys() {
        return commands.dbsize();
    }

    /// Memory in use, after what goes on in the background has ended.
    long usedMemory() {
        Flux.interval(Duration.ZERO, POLL)
                .takeUntil(_ ->
                        number("persistence", "aof_rewrite_in_progress") == 0
                                && number("memory", "lazyfree_pending_objects") == 0)
                .blockLast(PATIENCE);
        return number("memory", "used_memory");
    }

    private long number(String section, String name) {
        var found = Pattern.compile("(?m)^" + name + ":(\\d+)").matcher(commands.info(section));
        if (!found.find()) {
            throw new IllegalStateException("INFO " + section + " has no " + name);
        }
        return Long.parseLong(found.group(1));
    }

    /// Makes groups due now that are due up to this time.
    ///
    /// @param share how many of them, in every bucket of the index alike
    void makeDue(Instant end, double share) {
        long now = System.currentTimeMillis();
        var range = Range.<Number>create(now, end.toEpochMilli());
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            var index =
                    ("ls:sweep:" + Integer.toHexString(bucket)).getBytes(StandardCharsets.US_ASCII);
            long left = Math.round(commands.zcount(index, range) * share);
            while (left > 0) {
                var limit = Limit.create(0, Math.min(PAGE, left));
                var names = commands.zrangebyscore(index, range, limit);
                commands.zadd(index, due(names, now - 1));
                left -= names.size();
            }
        }
    }

    @SuppressWarnings("unchecked") // an array of a generic type
    private static ScoredValue<byte[]>[] due(List<byte[]> names, long millis) {
        return names.stream()
                .map(name -> ScoredValue.just((double) millis, name))
                .toArray(ScoredValue[]::new);
    }

    /// Keys of one kind.
    ///
    /// @param bytes memory of the first [#SAMPLES] of them
    private record Kind(long count, long sampled, long bytes) {
        Kind and(long memory) {
            return new Kind(count + 1, sampled + 1, bytes + memory);
        }

        Kind andOne() {
            return new Kind(count + 1, sampled, bytes);
        }
    }

    /// The keys of groups by kind: how many a group has, and the bytes of one.
    SortedMap<String, String> kinds(int groups) {
        var kinds = new TreeMap<String, Kind>();
        KeyScanCursor<byte[]> cursor = commands.scan(ScanArgs.Builder.limit(PAGE));
        while (true) {
            for (var key : cursor.getKeys()) {
                var name = new String(key, StandardCharsets.ISO_8859_1);
                if (name.contains("}:")) {
                    var kind = name.substring(name.indexOf("}:") + 2).split(":", 2)[0];
                    var before = kinds.getOrDefault(kind, new Kind(0, 0, 0));
                    kinds.put(
                            kind,
                            before.sampled < SAMPLES
                                    ? before.and(commands.memoryUsage(key))
                                    : before.andOne());
                }
            }
            if (cursor.isFinished()) {
                break;
            }
            cursor = commands.scan(cursor, ScanArgs.Builder.limit(PAGE));
        }
        var described = new TreeMap<String, String>();
        kinds.forEach((kind, found) ->
                described.put(
                        kind,
                        "%.2f of %,d bytes"
                                .formatted(
                                        (double) found.count / groups,
                                        found.bytes / Math.max(1, found.sampled))));
        return described;
    }
}
