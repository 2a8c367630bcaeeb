package io.lockstep.redis.log;

import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.GroupRules;
import io.lockstep.log.LogPosition;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/// Deletes groups. One script decides, deletes all keys of fixed names, and leaves a *tombstone*:
/// the log position of the deleted group in its meta hash. Then the deletion is remembered, other
/// nodes are told, and the keys whose names must be listed are deleted, some hundreds at a time:
/// blobs, and resend keys of each epoch and period. The tombstone is deleted last.
///
/// Every step may be repeated. Each changes nothing when the tombstone is not that of its group, so
/// a node that was slow cannot touch a group that was created since. The index of groups to sweep
/// holds the group until the end, so a sweep completes what a stopped node has begun.
final class GroupDeletion {
    static final String TOMBSTONE_FIELD = "d";
    private static final Script DELETE = Script.freeing("log/roster", "log/delete");
    private static final Script ERASE = Script.freeing("log/erase");
    private static final byte[] ANY = {};
    private static final byte[] YES = Script.number(1);
    private static final byte[] NO = Script.number(0);

    /// Keys that one script deletes.
    private static final int ERASED_AT_ONCE = 512;

    private static final int MERGES_MAX = 4;

    private final PipelinedConnection connection;
    private final RosterReads rosters;
    private final SweepIndex index;
    private final DeletedGroups deletedGroups;
    private final TroubleRegister troubles;
    private final LongSupplier nowMillis;
    private final Consumer<GroupRedisKeys> announcement;

    /// @param announcement tells all nodes that the group is gone
    GroupDeletion(
            RedisConnections connections,
            RosterReads rosters,
            SweepIndex index,
            DeletedGroups deletedGroups,
            TroubleRegister troubles,
            LongSupplier nowMillis,
            Consumer<GroupRedisKeys> announcement) {
        this.connection = connections.queries();
        this.rosters = rosters;
        this.index = index;
        this.deletedGroups = deletedGroups;
        this.troubles = troubles;
        this.nowMillis = nowMillis;
        this.announcement = announcement;
    }

    Mono<DeleteOutcome> delete(GroupRedisKeys keys, DeleteCondition condition) {
        return index.leaseForDeletion(keys).flatMap(lease -> begin(keys, lease, condition));
    }

    private Mono<DeleteOutcome> begin(
            GroupRedisKeys keys, SweepIndex.Lease lease, DeleteCondition condition) {
        return switch (condition) {
            case DeleteCondition.OnlyUser(var member) ->
                    run(keys, lease, ANY, member.bytes().toArray(), NO, NO);
            case DeleteCondition.SameIncarnation(var incarnation) ->
                    run(keys, lease, incarnation.toArray(), ANY, NO, NO);
        };
    }

    /// Deletes a group that has no members.
    Mono<DeleteOutcome> deleteUnused(GroupRedisKeys keys, SweepIndex.Lease lease) {
        return run(keys, lease, ANY, ANY, YES, NO);
    }

    /// Completes a deletion that has begun.
    Mono<DeleteOutcome> resume(GroupRedisKeys keys, SweepIndex.Lease lease) {
        return run(keys, lease, ANY, ANY, NO, YES);
    }

    /// A group whose deletion has begun.
    private record Tombstone(
            Bytes at, long epoch, Duration retention, OptionalLong createdInEpoch) {
        static Tombstone of(ScriptReply reply) {
            return new Tombstone(
                    reply.value(1),
                    reply.number(2),
                    Duration.ofSeconds(reply.number(3)),
                    reply.bytes(4).length == 0
                            ? OptionalLong.empty()
                            : OptionalLong.of(reply.number(4)));
        }

        LogPosition logPosition() {
            return MetaCodec.logPosition(at);
        }

        /// All epochs of its messages, also those that voids have undone. Each epoch began with an
        /// entry, so there are at most as many as positions.
        LongStream epochs() {
            long first = createdInEpoch.orElse(epoch - logPosition().position());
            return LongStream.rangeClosed(
                    Math.max(0, first - GroupRules.PAST_EPOCHS_MAX),
                    epoch + ProvisionalCommits.COMMITS_MAX);
        }
    }

    private Mono<DeleteOutcome> run(
            GroupRedisKeys keys, SweepIndex.Lease lease, byte[]... conditions) {
        return decide(keys, MERGES_MAX, conditions)
                .flatMap(reply ->
                        refusal(reply)
                                .map(Mono::just)
                                .orElseGet(() -> complete(keys, lease, Tombstone.of(reply))));
    }

    private Mono<ScriptReply> decide(GroupRedisKeys keys, int merges, byte[]... conditions) {
        return DELETE.run(connection, keys.ofDeletion(), conditions)
                .map(ScriptReply::of)
                .flatMap(reply ->
                        merges > 0 && !reply.isEmpty() && reply.number(0) == 4
                                ? rosters.merge(keys)
                                        .then(
                                                Mono.defer(
                                                        () -> decide(keys, merges - 1, conditions)))
                                : Mono.just(reply));
    }

    private static Optional<DeleteOutcome> refusal(ScriptReply reply) {
        if (reply.isEmpty()) {
            return Optional.of(DeleteOutcome.GROUP_MISSING);
        }
        return switch ((int) reply.number(0)) {
            case 1 -> Optional.empty();
            case 3 -> Optional.of(DeleteOutcome.ANOTHER_INCARNATION);
            case 5 -> Optional.of(DeleteOutcome.NOT_A_MEMBER);
            case 6 -> Optional.of(DeleteOutcome.OTHER_USERS);
            default -> throw new IllegalStateException("a roster change keeps being merged");
        };
    }

    private Mono<DeleteOutcome> complete(
            GroupRedisKeys keys, SweepIndex.Lease lease, Tombstone tombstone) {
        return deletedGroups
                .remember(keys, tombstone.logPosition().incarnation())
                .doOnSuccess(_ -> announcement.accept(keys))
                .then(troubles.forget(keys))
                .then(eraseBlobs(keys, tombstone, keys.uploads()))
                .then(eraseBlobs(keys, tombstone, keys.kept()))
                .then(eraseAll(keys, tombstone, resendKeys(keys, tombstone)))
                .then(
                        erase(
                                keys,
                                tombstone,
                                List.of(
                                        keys.uploads(),
                                        keys.kept(),
                                        keys.keptBytes(),
                                        keys.meta())))
                .then(index.remove(lease))
                .thenReturn(DeleteOutcome.DELETED);
    }

    /// @param account `uploads` or `kept`: it lists blobs by name and size
    private Mono<Void> eraseBlobs(GroupRedisKeys keys, Tombstone tombstone, byte[] account) {
        return eraseBlobs(keys, tombstone, account, 0);
    }

    private Mono<Void> eraseBlobs(
            GroupRedisKeys keys, Tombstone tombstone, byte[] account, long from) {
        return connection
                .send(c -> c.zrange(account, from, from + ERASED_AT_ONCE - 1))
                .flatMap(blobs ->
                        blobs.isEmpty()
                                ? Mono.empty()
                                : erase(
                                                keys,
                                                tombstone,
                                                blobs.stream()
                                                        .map(blob -> keys.blob(sha256(blob)))
                                                        .toList())
                                        .then(
                                                Mono.defer(() ->
                                                        eraseBlobs(
                                                                keys,
                                                                tombstone,
                                                                account,
                                                                from + blobs.size()))));
    }

    private static Bytes sha256(byte[] member) {
        return Bytes.ofHex(new String(member, 0, 64, StandardCharsets.US_ASCII));
    }

    private Stream<byte[]> resendKeys(GroupRedisKeys keys, Tombstone tombstone) {
        var periods = ResendPeriods.notExpired(tombstone.retention(), nowMillis.getAsLong());
        return tombstone
                .epochs()
                .boxed()
                .flatMap(epoch -> periods.stream().map(period -> keys.seen(epoch, period)));
    }

    /// Takes the names from the stream as it needs them, because there may be millions.
    private Mono<Void> eraseAll(GroupRedisKeys keys, Tombstone tombstone, Stream<byte[]> names) {
        return Mono.defer(() -> eraseNext(keys, tombstone, names.iterator()));
    }

    private Mono<Void> eraseNext(GroupRedisKeys keys, Tombstone tombstone, Iterator<byte[]> names) {
        var some = new ArrayList<byte[]>(ERASED_AT_ONCE);
        while (names.hasNext() && some.size() < ERASED_AT_ONCE) {
            some.add(names.next());
        }
        return some.isEmpty()
                ? Mono.empty()
                : erase(keys, tombstone, some)
                        .then(Mono.defer(() -> eraseNext(keys, tombstone, names)));
    }

    private Mono<Void> erase(GroupRedisKeys keys, Tombstone tombstone, List<byte[]> names) {
        var all = new ArrayList<byte[]>(names.size() + 1);
        all.add(keys.meta());
        all.addAll(names);
        return ERASE.run(connection, all.toArray(byte[][]::new), tombstone.at().toArray()).then();
    }
}
