package io.lockstep.redis.log;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleCursor;
import io.lockstep.log.TroubleKind;
import io.lockstep.log.TroubledGroups;
import io.lockstep.log.TroubledGroups.TroubledGroup;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The groups with troubles, by the time of the last one, in as many sorted sets as the index of
/// groups to sweep. The counts of a group are a small hash of its own. Only a group that has
/// trouble is written; a healthy one costs nothing.
final class TroubleRegister {
    private static final RateLimitedLogger BROKEN = RateLimitedLogger.of(TroubleRegister.class);

    /// Groups remembered in one bucket, about 90 bytes each, and 250 for the hash: 6 MB in all.
    static final int BUCKET_MAX = 1_024;

    private static final Script NOTE = Script.of("log/note_troubles");
    private static final Script REMEMBER = Script.freeing("log/remember");
    private static final byte[] GROUP = Script.ascii("g");

    private static final Map<TroubleKind, String> FIELDS =
            new EnumMap<>(
                    Map.of(
                            TroubleKind.REJECTION, "r",
                            TroubleKind.VOID, "v",
                            TroubleKind.REJOIN, "j",
                            TroubleKind.STALE_GROUP_INFO, "s",
                            TroubleKind.FREEZE, "z"));

    private final PipelinedConnection connection;
    private final ValueSealer sealing;

    TroubleRegister(PipelinedConnection connection, ValueSealer sealing) {
        this.connection = connection;
        this.sealing = sealing;
    }

    Mono<Void> note(GroupRedisKeys keys, List<Trouble> troubles) {
        var voided = OptionalLong.empty();
        var arguments = new ArrayList<byte[]>(2 + 3 * troubles.size());
        arguments.add(Script.number(GroupLog.TROUBLES_REMEMBERED.toMillis()));
        arguments.add(new byte[0]);
        for (var trouble : troubles) {
            if (trouble.kind() == TroubleKind.VOID) {
                voided = OptionalLong.of(trouble.epoch());
            }
            arguments.add(Script.ascii(field(trouble.kind())));
            arguments.add(Script.number(trouble.epoch() - 1));
            arguments.add(Script.number(trouble.epoch()));
        }
        voided.ifPresent(epoch -> arguments.set(1, Script.number(epoch)));
        return NOTE.run(
                        connection,
                        new byte[][] {keys.meta(), keys.info(), keys.troubles()},
                        arguments.toArray(byte[][]::new))
                .map(ScriptReply::of)
                .filter(reply -> !reply.isEmpty() && reply.number(0) == 1)
                .flatMap(_ -> remember(keys));
    }

    private static String field(TroubleKind kind) {
        return FIELDS.getOrDefault(kind, "");
    }

    private Mono<Void> remember(GroupRedisKeys keys) {
        return REMEMBER.run(
                        connection,
                        new byte[][] {bucket(SweepIndex.bucket(keys.name()))},
                        Script.ascii(keys.name()),
                        Script.number(GroupLog.TROUBLES_REMEMBERED.toMillis()),
                        Script.number(BUCKET_MAX))
                .then();
    }

    /// The group is being deleted.
    Mono<Void> forget(GroupRedisKeys keys) {
        return connection
                .write(c ->
                        c.zrem(bucket(SweepIndex.bucket(keys.name())), Script.ascii(keys.name())))
                .then();
    }

    Mono<GroupTroubles> troubles(GroupRedisKeys keys) {
        return connection.send(c -> c.hgetall(keys.troubles())).map(TroubleRegister::troubles);
    }

    private static GroupTroubles troubles(Map<byte[], byte[]> hash) {
        var fields = new HashMap<String, Long>();
        hash.forEach((field, value) ->
                fields.put(
                        new String(field, StandardCharsets.US_ASCII), ScriptReply.number(value)));
        var counts = new EnumMap<TroubleKind, Long>(TroubleKind.class);
        FIELDS.forEach((kind, field) -> {
            if (fields.containsKey(field)) {
                counts.put(kind, fields.get(field));
            }
        });
        return new GroupTroubles(
                counts,
                fields.getOrDefault("t", 0L),
                fields.getOrDefault("ve", 0L),
                fields.getOrDefault("vt", 0L),
                fields.getOrDefault("se", 0L),
                fields.getOrDefault("st", 0L));
    }

    /// Reads as many of each bucket as the page has, and takes the latest.
    Mono<TroubledGroups> page(TroubleCursor after, int countMax) {
        return Flux.range(0, SweepIndex.BUCKETS)
                .flatMap(bucket -> latest(bucket, after, countMax))
                .sort(TroubleCursor.ORDER)
                .take(countMax)
                .collectList()
                .flatMap(places ->
                        Flux.fromIterable(places)
                                .flatMapSequential(place -> group(place.name()))
                                .collectList()
                                .map(groups ->
                                        new TroubledGroups(
                                                groups,
                                                places.size() == countMax
                                                        ? Optional.of(places.getLast().write())
                                                        : Optional.empty())));
    }

    /// Two groups may have the same time: some of those at the cursor's time are asked for again.
    private Flux<TroubleCursor> latest(int bucket, TroubleCursor after, int countMax) {
        return connection
                .send(c ->
                        c.zrevrangebyscoreWithScores(
                                bucket(bucket),
                                Range.create(0L, after.millis()),
                                Limit.create(0, 2L * countMax)))
                .flatMapIterable(places -> places)
                .map(place ->
                        new TroubleCursor(
                                (long) place.getScore(),
                                new String(place.getValue(), StandardCharsets.US_ASCII)))
                .filter(after::isBefore)
                .take(countMax);
    }

    /// @return empty for a group that was deleted meanwhile, or whose id does not open
    private Mono<TroubledGroup> group(String name) {
        var keys = GroupRedisKeys.named(name);
        return connection
                .send(c -> c.hget(keys.meta(), GROUP))
                .map(sealed -> new GroupId(Bytes.wrap(sealing.open(SealPurpose.GROUP_ID, sealed))))
                .flatMap(id -> troubles(keys).map(found -> new TroubledGroup(id, found)))
                .onErrorResume(
                        BrokenSealException.class,
                        e -> {
                            BROKEN.error(
                                    "ALARM SEAL the id of group {} cannot be opened: {}", name, e);
                            return Mono.empty();
                        });
    }

    private static byte[] bucket(int bucket) {
        return Script.ascii("ls:trouble:" + Integer.toHexString(bucket));
    }
}
