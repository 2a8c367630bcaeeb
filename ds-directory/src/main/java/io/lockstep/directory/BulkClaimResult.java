package io.lockstep.directory;

import java.time.Duration;
import reactor.core.publisher.Flux;

/// The result of a claim for many users.
public sealed interface BulkClaimResult {
    /// @param users one element for each user, in order, claimed as the subscriber requests them;
    ///     never fails
    record UserClaims(Flux<UserClaim> users) implements BulkClaimResult {}

    /// The requester exceeded its rate. Nothing was claimed.
    record BulkRateLimited(Duration retryAfter) implements BulkClaimResult {}

    record UserClaim(String user, ClaimResult result) {}
}
