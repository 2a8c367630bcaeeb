package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.log.SweepOutcome;
import io.lockstep.log.SweepSchedule;
import io.lockstep.redis.FailureCause;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.runtime.RateLimitedLogger;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Sweeps groups that are due: trims each, and computes when it is due next. It completes deletions
/// that have begun, and deletes groups without members whose newest entry has expired. It needs no
/// group's id, only the names of its keys.
///
/// The buckets of the index take turns; a bucket that a sweep had no steps for is the first of the
/// next one. Within a sweep one call follows the other, so it occupies Redis with one short script at
/// a time.
final class GroupSweeper {
    private static final RateLimitedLogger LOG = RateLimitedLogger.of(GroupSweeper.class);
    private static final Script DUE = Script.reading("log/accepted", "log/due");

    /// Buckets that one sweep looks at. All are looked at in four sweeps.
    private static final int BUCKETS_AT_ONCE = 4;

    /// Groups leased in one call. What is leased is swept, whatever steps it takes.
    private static final int LEASED_MAX = 16;

    /// Deletions of entries of one group in one sweep; then the other groups have their turn.
    private static final int DELETIONS_MAX = 8;

    private final RedisConnections connections;
    private final SweepIndex index;
    private final GroupDeletion deletion;
    private final LogLimits limits;
    private final AtomicInteger nextBucket = new AtomicInteger();

    GroupSweeper(
            RedisConnections connections,
            SweepIndex index,
            GroupDeletion deletion,
            LogLimits limits) {
        this.deletion = deletion;
        this.connections = connections;
        this.index = index;
        this.limits = limits;
    }

    Mono<SweepOutcome> sweep(int stepsMax) {
        return Mono.defer(() -> {
            var sweep = new Sweep(stepsMax);
            return Flux.range(0, BUCKETS_AT_ONCE)
                    .concatMap(_ -> nextBucket(sweep))
                    .then(Mono.fromSupplier(sweep::outcome));
        });
    }

    private Mono<Void> nextBucket(Sweep sweep) {
        return Mono.defer(() ->
                sweep.left() > 0 ? bucket(nextBucket.getAndIncrement(), sweep) : Mono.empty());
    }

    private Mono<Void> bucket(int turn, Sweep sweep) {
        int bucket = Math.floorMod(turn, SweepIndex.BUCKETS);
        return Mono.defer(() -> {
            int count = Math.min(LEASED_MAX, sweep.left());
            return count <= 0
                    ? Mono.empty()
                    : index.lease(bucket, count)
                            .flatMap(leased -> {
                                sweep.late(leased.late());
                                var all =
                                        Flux.fromIterable(leased.leases())
                                                .concatMap(lease -> group(lease, sweep))
                                                .then();
                                return leased.leases().size() < count
                                        ? all
                                        : all.then(bucket(turn, sweep));
                            });
        });
    }

    /// A group that cannot be swept keeps its lease, and the others do not wait for its repair.
    private Mono<Void> group(SweepIndex.Lease lease, Sweep sweep) {
        var keys = GroupRedisKeys.named(lease.name());
        return examine(keys)
                .doOnSubscribe(_ -> sweep.examined())
                .flatMap(age ->
                        switch (age) {
                            case GroupAge.Missing _ -> index.remove(lease);
                            case GroupAge.BeingDeleted _ -> deletion.resume(keys, lease).then();
                            case GroupAge.Existing group -> existing(keys, lease, group, sweep);
                        })
                .onErrorResume(
                        GroupSweeper::concernsTheGroup,
                        e -> {
                            LOG.error("group {} cannot be swept: {}", keys.name(), e.toString());
                            return Mono.empty();
                        });
    }

    private Mono<Void> existing(
            GroupRedisKeys keys, SweepIndex.Lease lease, GroupAge.Existing group, Sweep sweep) {
        if (group.isAbandoned()) {
            return deletion.deleteUnused(keys, lease).then();
        }
        return group.hasOlder()
                ? trim(keys, lease, group.retention(), sweep)
                : index.endLease(lease, group.next());
    }

    /// Whether the other groups can be swept: not while Redis itself is the reason.
    private static boolean concernsTheGroup(Throwable failure) {
        return RedisUnavailableException.in(failure)
                .map(e -> e.failureCause() == FailureCause.ERROR)
                .orElse(true);
    }

    /// The group is due at once if expired entries remain.
    private Mono<Void> trim(
            GroupRedisKeys keys, SweepIndex.Lease lease, Duration retention, Sweep sweep) {
        return new TrimScript(connections.bulk(), keys, retention, limits)
                .run(DELETIONS_MAX)
                .flatMap(trimmed -> {
                    sweep.trimmed(trimmed);
                    return examine(keys)
                            .ofType(GroupAge.Existing.class)
                            .flatMap(group ->
                                    index.endLease(
                                            lease,
                                            trimmed.mayBeMore()
                                                    ? group.nowMillis()
                                                    : group.next()));
                });
    }

    /// What decides when a group is due.
    private sealed interface GroupAge {
        record Missing() implements GroupAge {}

        record BeingDeleted() implements GroupAge {}

        /// @param hasOlder whether it has other entries than the newest
        /// @param oldestMillis when its oldest entry was accepted; 0 without one
        /// @param unused whether it has no members
        record Existing(
                Duration retention,
                boolean hasOlder,
                long oldestMillis,
                long nowMillis,
                boolean unused)
                implements GroupAge {
            /// Nobody can read it, and its last members had the retention to come back.
            boolean isAbandoned() {
                return unused
                        && !hasOlder
                        && oldestMillis > 0
                        && oldestMillis + retention.toMillis() <= nowMillis;
            }

            long next() {
                return SweepSchedule.next(
                        retention,
                        hasOlder ? OptionalLong.of(oldestMillis) : OptionalLong.empty(),
                        nowMillis);
            }
        }
    }

    private Mono<GroupAge> examine(GroupRedisKeys keys) {
        return DUE.run(
                        connections.queries(),
                        new byte[][] {keys.meta(), keys.log(), keys.owners(), keys.merging()})
                .map(ScriptReply::of)
                .map(GroupSweeper::age);
    }

    private static GroupAge age(ScriptReply reply) {
        if (reply.isEmpty()) {
            return new GroupAge.Missing();
        }
        if (reply.number(0) < 0) {
            return new GroupAge.BeingDeleted();
        }
        return new GroupAge.Existing(
                Duration.ofSeconds(reply.number(0)),
                reply.number(1) == 1,
                reply.number(2),
                reply.number(3),
                reply.number(4) == 1);
    }

    /// The counts of one sweep. Its calls follow each other, so no two threads use it at a time.
    private static final class Sweep {
        private final int stepsMax;
        private int groups;
        private int steps;
        private long entries;
        private Duration late = Duration.ZERO;

        Sweep(int stepsMax) {
            this.stepsMax = stepsMax;
        }

        int left() {
            return stepsMax - steps;
        }

        void late(Duration due) {
            late = late.compareTo(due) < 0 ? due : late;
        }

        void examined() {
            groups++;
            steps++;
        }

        void trimmed(TrimScript.Trimmed trimmed) {
            steps += trimmed.calls();
            entries += trimmed.deleted();
        }

        SweepOutcome outcome() {
            return new SweepOutcome(groups, steps, entries, late);
        }
    }
}
