package io.lockstep.directory;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// How often users claim and are claimed from, on this node.
///
/// Single-use KeyPackages of a user are shared out between those who claim them: one requester may have `perPair` in
/// a period, and no more than what is left of the user's `perTarget` after it has taken as many as it did. So a
/// few who are greedy leave something for whoever comes next.
final class ClaimRateLimiter {
    private final TokenBuckets requesters;
    private final TokenBuckets misses;
    private final TokenBuckets pairs;
    private final TokenBuckets targets;

    ClaimRateLimiter(KeyPackageLimits.Rates rates, LongSupplier nanos) {
        requesters = new TokenBuckets(rates.perRequester(), rates.period(), nanos);
        misses = new TokenBuckets(rates.missesPerRequester(), rates.period(), nanos);
        pairs = new TokenBuckets(rates.perPair(), rates.period(), nanos);
        targets = new TokenBuckets(rates.perTarget(), rates.period(), nanos);
    }

    /// @param claims users that are asked for
    /// @return how long the requester must wait; empty when it need not, and the claims are counted
    Optional<Duration> requested(String requester, int claims) {
        return requesters.take(requester, claims);
    }

    /// @return how long a requester must wait that named too many users who gave it nothing
    Optional<Duration> mayMiss(String requester) {
        return misses.waitForOne(requester);
    }

    /// The requester named a user who gave it nothing.
    void missed(String requester) {
        misses.owe(requester, 1);
    }

    /// @return how long until the requester may take single-use KeyPackages of this user; empty when it may now,
    ///     and that is counted
    Optional<Duration> claimed(String requester, String target) {
        var pair = requester + '/' + target;
        var wait = targets.waitForOne(target).or(() -> pairs.waitForOne(pair));
        if (wait.isPresent()) {
            return wait;
        }
        if (targets.available(target) <= pairs.taken(pair)) {
            return Optional.of(Duration.ofSeconds(60));
        }
        pairs.owe(pair, 1);
        return targets.take(target, 1);
    }
}
