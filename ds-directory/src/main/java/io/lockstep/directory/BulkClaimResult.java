package io.lockstep.directory;

import java.time.Duration;
import reactor.core.publisher.Flux;

/// What a claim for many users brings.
public sealed interface BulkClaimResult {
    /// @param users one for each user, in order, claimed as they are asked for; never fails
    record UserClaims(Flux<UserClaim> users) implements BulkClaimResult {}

    /// The requester asked for too much; nothing was claimed.
    record BulkRateLimited(Duration retryAfter) implements BulkClaimResult {}

    record UserClaim(String user, ClaimResult result) {}
}
