package io.lockstep.directory;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Limits how often users claim and are claimed from, on this node.
///
/// The single-use KeyPackages of a user are shared between their requesters. In one period, one
/// requester may claim `perPair`, and no more than what remains of the user's `perTarget` minus
/// what the requester itself took. So a few greedy requesters leave KeyPackages for later ones.
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

    /// @param claims number of users in the request
    /// @return how long the requester must wait; empty when it need not, and the claims are counted
    Optional<Duration> requested(String requester, int claims) {
        return requesters.take(requester, claims);
    }

    /// @return how long a requester must wait that named too many users without a result
    Optional<Duration> mayMiss(String requester) {
        return misses.waitForOne(requester);
    }

    /// Counts a user that the requester named without a result.
    void missed(String requester) {
        misses.owe(requester, 1);
    }

    /// @return how long the requester must wait for single-use KeyPackages of this user; empty when
    ///     it need not, and the claim is counted
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
