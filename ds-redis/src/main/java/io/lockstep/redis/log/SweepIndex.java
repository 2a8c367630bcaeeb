package io.lockstep.redis.log;

import io.lockstep.log.SweepSchedule;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/// The groups by the time at which each is swept next, in [#BUCKETS] sorted sets. The first digit
/// of a group's name selects its bucket. Times are those of Redis's clock.
///
/// A group enters when it is created, and when a node loads it: groups of older releases, and one
/// whose entry was lost, enter then. An append costs nothing. Every group with entries is in the
/// index, because it was created after it had entered, or loaded.
///
/// A sweep *leases* a group: it moves the group into the future, so that no other node gets it. It
/// then moves the group to its next time, or removes the name of a group that does not exist. If
/// the node stops between, the group is due again when the lease ends.
final class SweepIndex {
    static final int BUCKETS = 16;

    /// Much longer than a sweep of one group, or the deletion of one.
    static final Duration LEASE = Duration.ofMinutes(5);

    private static final Script ENTER = Script.of("log/enter");
    private static final Script LEASES = Script.freeing("log/lease");
    private static final Script END_LEASE = Script.freeing("log/end_lease");
    private static final Script FORGET = Script.freeing("log/forget");

    private final PipelinedConnection connection;

    SweepIndex(PipelinedConnection connection) {
        this.connection = connection;
    }

    /// A group of the index that this node may sweep now.
    ///
    /// @param name the group's, as in its keys
    /// @param endsMillis when the lease ends
    record Lease(String name, long endsMillis) {}

    /// @param late for how long the first group had been due
    record Leased(Duration late, List<Lease> leases) {
        Leased {
            leases = List.copyOf(leases);
        }
    }

    /// The group is about to be created.
    Mono<Void> enterCreated(GroupRedisKeys keys, Duration delay) {
        return enter(keys, delay, "create").then();
    }

    /// The group exists. If it is in the index, nothing is written.
    Mono<Void> enterFound(GroupRedisKeys keys) {
        return enter(keys, Duration.ZERO, "find").then();
    }

    /// The group is about to be deleted. It is due when the lease ends, so a sweep completes the
    /// deletion if this node stops.
    Mono<Lease> leaseForDeletion(GroupRedisKeys keys) {
        return enter(keys, LEASE, "delete").map(due -> new Lease(keys.name(), due));
    }

    /// The group's policy is about to change. Its time changes in any case: a sweep in progress, which
    /// may have read the policy before the change, then does not set the group's next time, and none
    /// begins before the change.
    Mono<Void> enterForPolicy(GroupRedisKeys keys) {
        return enter(keys, SweepSchedule.AFTER_POLICY_CHANGE, "policy").then();
    }

    /// @return when it is due
    private Mono<Long> enter(GroupRedisKeys keys, Duration delay, String purpose) {
        return ENTER.run(
                        connection,
                        new byte[][] {key(bucket(keys.name()))},
                        Script.ascii(keys.name()),
                        Script.number(delay.toMillis()),
                        Script.ascii(purpose))
                .map(reply -> ScriptReply.of(reply).number(0));
    }

    /// Leases groups of a bucket that are due, those that were due first.
    Mono<Leased> lease(int bucket, int countMax) {
        return LEASES.run(
                        connection,
                        new byte[][] {key(bucket)},
                        Script.number(countMax),
                        Script.number(LEASE.toMillis()))
                .map(ScriptReply::of)
                .map(SweepIndex::leased);
    }

    private static Leased leased(ScriptReply reply) {
        long ends = reply.number(1);
        var names = reply.list(2);
        var leases = new ArrayList<Lease>(names.size());
        for (int i = 0; i < names.size(); i++) {
            leases.add(new Lease(new String(names.bytes(i), StandardCharsets.US_ASCII), ends));
        }
        return new Leased(Duration.ofMillis(reply.number(0)), leases);
    }

    /// Ends the lease of a group that exists. If its time has changed meanwhile, that stays.
    Mono<Void> endLease(Lease lease, long dueMillis) {
        return END_LEASE
                .run(
                        connection,
                        new byte[][] {key(bucket(lease.name()))},
                        Script.ascii(lease.name()),
                        Script.number(lease.endsMillis()),
                        Script.number(dueMillis))
                .then();
    }

    /// Removes a group that does not exist. If it was created meanwhile, its entry has changed, and
    /// stays.
    Mono<Void> remove(Lease lease) {
        return FORGET.run(
                        connection,
                        new byte[][] {key(bucket(lease.name()))},
                        Script.ascii(lease.name()),
                        Script.number(lease.endsMillis()),
                        Script.number(-2 * LEASE.toMillis()))
                .then();
    }

    static int bucket(String name) {
        return Character.digit(name.charAt(0), BUCKETS);
    }

    static byte[] key(int bucket) {
        return Script.ascii("ls:sweep:" + Integer.toHexString(bucket));
    }
}
