package io.lockstep.redis;

import java.util.List;

/// What is known of the Redis behind the connections. Writes are sent in [Verified] only.
sealed interface StoreState {
    /// Nothing yet, or it waits for something that passes by itself.
    record Checking(String reason) implements StoreState {}

    /// It was judged, and is not to be relied on.
    record Rejected(List<String> reasons) implements StoreState {}

    /// It keeps what it acknowledges, and it is the store that this node began with.
    ///
    /// @param runId of the Redis process
    record Verified(String runId) implements StoreState {}
}
