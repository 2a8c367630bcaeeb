package io.lockstep.ordering.actor;

/// What an actor's batch waits for.
enum ActorState {
    /// No batch is in progress.
    IDLE,
    /// Waits for the group's snapshot.
    LOADING,
    /// Waits for the log to create the group.
    CREATING,
    /// Waits for the lookup of resend keys that are not in memory.
    LOOKING_UP,
    /// Waits for the append to be durable, or to lose.
    APPENDING,
    /// Waits for the tail. There is nothing to append, but a refusal must be based on the group's
    /// current state.
    CONFIRMING,
    /// Waits for the entries that other nodes appended.
    CATCHING_UP,
    /// Waits for ephemeral messages to be relayed.
    RELAYING,
    /// Waits for entries that refused clients have missed.
    READING_MISSED,
    /// Waits for the log's state of a frozen group.
    RECHECKING,
    /// Waits for the pause before the next retry.
    PAUSING
}
