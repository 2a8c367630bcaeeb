package io.lockstep.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.StreamMessage;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.RateLimitedLogger;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Seals again, under the current deployment key, what another key has sealed: all values of
/// [SealedPlace] and the stream of revocations. It searches the whole store, with bounded work a
/// second. When two searches in a row find nothing, and no node has used the other keys meanwhile, the
/// other keys may be removed from the key file. The log and a gauge say so. It takes two, because a
/// commit or a void may move a GroupInfo to a place that a search has passed.
///
/// Any number of nodes may do this at a time: a value is replaced only if it is still the one that
/// was read.
///
/// Threads: one search at a time; see [FaultBarrier].
public final class ValueRewrapper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ValueRewrapper.class);
    private static final RateLimitedLogger BROKEN = RateLimitedLogger.of(ValueRewrapper.class);
    private static final Script OLD_FIELDS = Script.reading("keys/old_fields");
    private static final Script REPLACE_FIELD = Script.of("keys/replace_field");
    private static final Script REPLACE_STRING = Script.of("keys/replace_string");
    private static final Script REPLACE_REVOCATION = Script.of("keys/replace_revocation");
    private static final byte[] REVOCATIONS = Script.ascii("ls:revocations");
    private static final byte[] FIRST_CURSOR = Script.ascii("0");
    private static final byte[] CLIENT = Script.ascii("c");
    private static final String EVERY_KEY = "ls:*";
    private static final int KEYS_PER_PAGE = 256;
    private static final int REVOCATIONS_PER_PAGE = 256;
    private static final Duration TICK = Duration.ofSeconds(1);

    /// How often a node notes which key it uses, and how long after the last note no node uses it.
    private static final Duration NOTED = Duration.ofMinutes(1);

    static final Duration UNUSED = Duration.ofMinutes(5);

    /// Between two searches while other keys are in the file or in use.
    private static final Duration PAUSE = Duration.ofMinutes(10);

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(10);
    private static final int CLEAN_SEARCHES = 2;

    private final RedisConnections connections;
    private final PipelinedConnection connection;
    private final DeploymentKeys keys;
    private final ValueSealer sealing;
    private final Scheduler scheduler;
    private final Duration unused;
    private final WorkBudget budget;
    private final byte[] header;
    private final Counter rewrapped;
    private final Disposable ticking;
    private volatile double oldValues = Double.NaN;
    private long nextSearchAt;

    /// Searches in a row that found nothing.
    private int cleanSearches;

    /// Begins at once.
    public ValueRewrapper(
            RedisConnections connections,
            DeploymentKeys keys,
            Scheduler scheduler,
            MeterRegistry meters) {
        this(connections, keys, scheduler, meters, UNUSED);
    }

    /// @param unused how long after its last note a key counts as not in use
    ValueRewrapper(
            RedisConnections connections,
            DeploymentKeys keys,
            Scheduler scheduler,
            MeterRegistry meters,
            Duration unused) {
        this.connections = connections;
        this.keys = keys;
        this.scheduler = scheduler;
        this.unused = unused;
        connection = connections.bulk();
        sealing = new ValueSealer(keys);
        header = sealing.currentHeader();
        budget = new WorkBudget(scheduler);
        rewrapped =
                Counter.builder("lockstep.keys.rewrapped")
                        .description("Values that were sealed again under the current key.")
                        .register(meters);
        Gauge.builder("lockstep.keys.old.values", this, ValueRewrapper::oldValues)
                .description(
                        "Values under another deployment key than the current one, in the last"
                                + " search. At 0 the other keys may be removed from the key file.")
                .strongReference(true)
                .register(meters);
        // Apart from the searches: a long one must not keep a key in use from being noted.
        ticking =
                Disposables.composite(
                        FaultBarrier.ticks(Duration.ZERO, NOTED, scheduler)
                                .concatMap(
                                        _ -> FaultBarrier.flux("a note of the key", this::note), 1)
                                .subscribe(),
                        FaultBarrier.ticks(Duration.ZERO, TICK, scheduler)
                                .concatMap(
                                        _ ->
                                                FaultBarrier.flux(
                                                        "a search for old values", this::tick),
                                        1)
                                .subscribe());
    }

    /// NaN before the first search has ended.
    double oldValues() {
        return oldValues;
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }

    private Mono<Void> tick() {
        return now() < nextSearchAt ? Mono.empty() : search().onErrorResume(this::failed);
    }

    private Mono<Void> failed(Throwable failure) {
        LOG.debug("a search for values under old keys failed: {}", failure.toString());
        cleanSearches = 0;
        nextSearchAt = now() + PAUSE_AFTER_FAILURE.toMillis();
        return Mono.empty();
    }

    private Mono<Void> note() {
        return DeploymentGuard.use(connections, keys.current())
                .then()
                .onErrorResume(failure -> {
                    LOG.debug("the key in use is not noted: {}", failure.toString());
                    return Mono.empty();
                });
    }

    /// What one search found.
    ///
    /// @param found values under other keys
    /// @param kept those that are still under other keys: they cannot be opened
    private record Found(long found, long kept) {
        static final Found NOTHING = new Found(0, 0);
        static final Found REPLACED = new Found(1, 0);
        static final Found KEPT = new Found(1, 1);

        Found and(Found other) {
            return new Found(found + other.found, kept + other.kept);
        }
    }

    private Mono<Void> search() {
        return connection
                .send(c -> c.time())
                .map(time -> ScriptReply.number(time.getFirst()) * 1_000)
                .flatMap(began ->
                        keys().concatMap(this::replaceAll, 1)
                                .reduce(Found.NOTHING, Found::and)
                                .flatMap(found -> ended(began, found)));
    }

    private Flux<String> keys() {
        var page = ScanArgs.Builder.limit(KEYS_PER_PAGE).match(EVERY_KEY);
        return connection
                .<KeyScanCursor<byte[]>>send(c -> c.scan(page))
                .expand(cursor ->
                        cursor.isFinished()
                                ? Mono.empty()
                                : budget.take(cursor.getKeys().size(), 0)
                                        .then(
                                                connection.<KeyScanCursor<byte[]>>send(
                                                        c -> c.scan(cursor, page))))
                .concatMapIterable(KeyScanCursor::getKeys, 1)
                .map(key -> new String(key, StandardCharsets.ISO_8859_1));
    }

    private Mono<Void> ended(long began, Found found) {
        oldValues = found.found();
        if (found.found() > 0) {
            LOG.info(
                    "deployment keys: {} values were sealed under another key than {}, {} still are",
                    found.found(),
                    keys.current().id().hex(),
                    found.kept());
            cleanSearches = 0;
            nextSearchAt = found.kept() > 0 ? now() + PAUSE.toMillis() : now();
            return Mono.empty();
        }
        cleanSearches++;
        if (cleanSearches < CLEAN_SEARCHES) {
            nextSearchAt = now();
            return Mono.empty();
        }
        return connection
                .send(c -> c.hgetall(DeploymentGuard.SEALING_KEYS))
                .flatMapIterable(Map::entrySet)
                .filter(use -> !ascii(use.getKey()).equals(keys.current().id().hex()))
                .concatMap(use ->
                        ScriptReply.number(use.getValue()) > began - unused.toMillis()
                                ? Mono.just(1)
                                : forget(use.getKey()))
                .count()
                .doOnNext(used ->
                        nextSearchAt =
                                used > 0 || keys.all().size() > 1
                                        ? now() + (used > 0 ? unused : PAUSE).toMillis()
                                        : Long.MAX_VALUE)
                .then();
    }

    private Mono<Integer> forget(byte[] id) {
        return connection
                .write(c -> c.hdel(DeploymentGuard.SEALING_KEYS, id))
                .doOnNext(_ ->
                        LOG.info(
                                "deployment keys: no value is sealed under {}, which may be removed"
                                        + " from the key file",
                                ascii(id)))
                .then(Mono.empty());
    }

    private Mono<Found> replaceAll(String key) {
        if (key.equals(ascii(REVOCATIONS))) {
            return revocations("-").reduce(Found.NOTHING, Found::and);
        }
        return Flux.fromIterable(SealedPlace.ALL)
                .filter(place -> place.has(key))
                .concatMap(place -> place.isString() ? string(place, key) : hash(place, key))
                .reduce(Found.NOTHING, Found::and);
    }

    private Mono<Found> string(SealedPlace place, String key) {
        var redisKey = Script.ascii(key);
        return connection
                .send(c -> c.getrange(redisKey, 0, header.length - 1))
                .filter(start -> start.length > 0 && !Arrays.equals(start, header))
                .flatMap(_ -> connection.send(c -> c.get(redisKey)))
                .flatMap(value ->
                        replace(
                                place,
                                key,
                                "",
                                value,
                                (before, fresh) ->
                                        REPLACE_STRING.run(
                                                connection,
                                                new byte[][] {redisKey},
                                                before,
                                                fresh)));
    }

    private Flux<Found> hash(SealedPlace place, String key) {
        var redisKey = Script.ascii(key);
        return oldFields(place, redisKey, FIRST_CURSOR)
                .expand(reply ->
                        Arrays.equals(reply.bytes(0), FIRST_CURSOR)
                                ? Mono.empty()
                                : budget.take(1, 0)
                                        .then(oldFields(place, redisKey, reply.bytes(0))))
                .concatMap(
                        reply ->
                                Flux.range(1, reply.size() - 1)
                                        .map(reply::bytes)
                                        .concatMap(field -> field(place, key, redisKey, field), 1),
                        1);
    }

    private Mono<ScriptReply> oldFields(SealedPlace place, byte[] key, byte[] cursor) {
        return OLD_FIELDS
                .run(
                        connection,
                        new byte[][] {key},
                        cursor,
                        Script.number(place.fieldsAtOnce()),
                        header,
                        Script.number(place.skipped()),
                        Script.ascii(place.separator()))
                .map(ScriptReply::of);
    }

    private Mono<Found> field(SealedPlace place, String key, byte[] redisKey, byte[] field) {
        var name = new String(field, StandardCharsets.ISO_8859_1);
        if (place.purpose(key, name).isEmpty()) {
            return Mono.empty();
        }
        return connection
                .send(c -> c.hget(redisKey, field))
                .flatMap(value ->
                        replace(
                                place,
                                key,
                                name,
                                value,
                                (before, fresh) ->
                                        REPLACE_FIELD.run(
                                                connection,
                                                new byte[][] {redisKey},
                                                field,
                                                before,
                                                fresh)));
    }

    /// A call of a script that replaces a value.
    private interface Replacement {
        Mono<List<Object>> run(byte[] before, byte[] fresh);
    }

    private Mono<Found> replace(
            SealedPlace place, String key, String field, byte[] value, Replacement replacement) {
        var purpose = place.purpose(key, field);
        if (purpose.isEmpty()) {
            return Mono.empty();
        }
        int at = place.sealedAt(value);
        return again(purpose.get(), key, value, at)
                .map(fresh ->
                        replacement
                                .run(ValueSealer.identity(purpose.get(), value, at), fresh)
                                .map(this::counted))
                .orElse(Mono.just(Found.KEPT))
                .delayUntil(_ -> budget.take(1, 2L * value.length));
    }

    /// @return the value with its sealed part under the current key; empty when it does not open
    private Optional<byte[]> again(String purpose, String key, byte[] value, int at) {
        try {
            var sealed = sealing.seal(purpose, sealing.open(purpose, value, at));
            var fresh = Arrays.copyOf(value, at + sealed.length);
            System.arraycopy(sealed, 0, fresh, at, sealed.length);
            return Optional.of(fresh);
        } catch (BrokenSealException e) {
            BROKEN.error("a value of {} cannot be sealed again: {}", key, e.toString());
            return Optional.empty();
        }
    }

    private Found counted(List<Object> reply) {
        // A value that was changed meanwhile is looked at again by the next search.
        rewrapped.increment((double) ScriptReply.of(reply).number(0));
        return Found.REPLACED;
    }

    private Flux<Found> revocations(String from) {
        return connection
                .send(c ->
                        c.xrange(
                                REVOCATIONS,
                                Range.from(
                                        from.equals("-")
                                                ? Boundary.<String>unbounded()
                                                : Boundary.excluding(from),
                                        Boundary.unbounded()),
                                Limit.from(REVOCATIONS_PER_PAGE)))
                .flatMapMany(page ->
                        page.isEmpty()
                                ? Flux.empty()
                                : Flux.fromIterable(page)
                                        .concatMap(this::revocation, 1)
                                        .concatWith(
                                                page.size() < REVOCATIONS_PER_PAGE
                                                        ? Flux.empty()
                                                        : revocations(page.getLast().getId())));
    }

    private Mono<Found> revocation(StreamMessage<byte[], byte[]> message) {
        byte[] client = {};
        byte[] millis = {};
        for (var field : message.getBody().entrySet()) {
            if (Arrays.equals(field.getKey(), CLIENT)) {
                client = field.getValue();
            } else {
                millis = field.getValue();
            }
        }
        if (Arrays.equals(Arrays.copyOf(client, header.length), header)) {
            return Mono.empty();
        }
        var time = millis;
        int bytes = client.length;
        return again(SealPurpose.CLIENT_NAME, ascii(REVOCATIONS), client, 0)
                .map(fresh ->
                        REPLACE_REVOCATION
                                .run(
                                        connection,
                                        new byte[][] {REVOCATIONS},
                                        Script.ascii(message.getId()),
                                        fresh,
                                        time)
                                .map(this::counted))
                .orElse(Mono.just(Found.KEPT))
                .delayUntil(_ -> budget.take(1, bytes));
    }

    private static String ascii(byte[] text) {
        return new String(text, StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        ticking.dispose();
    }
}
