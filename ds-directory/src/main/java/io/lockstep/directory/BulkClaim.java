package io.lockstep.directory;

import java.time.Duration;
import reactor.core.publisher.Flux;

/// What a claim for many users brings.
public sealed interface BulkClaim {
    /// @param users one for each user, in order, claimed as they are asked for; never fails
    record Users(Flux<UserClaim> users) implements BulkClaim {}

    /// The requester asked for too much; nothing was claimed.
    record RateLimited(Duration retryAfter) implements BulkClaim {}

    record UserClaim(String user, ClaimResult result) {}
}
