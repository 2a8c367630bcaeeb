package io.lockstep.redis;

import java.util.List;

/// The result of the verification of Redis. Writes are sent in [Verified] only.
sealed interface StoreState {
    /// Not checked yet, or waiting for a condition that ends by itself.
    record Checking(String reason) implements StoreState {}

    /// The store was checked and is not safe.
    record Rejected(List<String> reasons) implements StoreState {}

    /// The store keeps what it acknowledges, and it is the one that this node started with.
    ///
    /// @param runId run id of the Redis process
    record Verified(String runId) implements StoreState {}
}
