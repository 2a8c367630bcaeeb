package io.lockstep.ordering.actor;

/// What an actor's batch waits for.
enum Step {
    /// Nothing is at work.
    RESTING,
    /// For the group's snapshot.
    LOADING,
    /// For the log to make the group.
    CREATING,
    /// For what the log knows of resend keys beyond memory.
    LOOKING_UP,
    /// For the append to be durable, or to find the log elsewhere.
    APPENDING,
    /// For the tail: nothing is to be appended, but a refusal must rest on the group as it stands now.
    CONFIRMING,
    /// For the entries that others appended.
    CATCHING_UP,
    /// For ephemeral messages to be handed on.
    RELAYING,
    /// For entries that refused clients have missed.
    READING_MISSED,
    /// For the log's view of a frozen group.
    RECHECKING,
    /// For the pause before the next try to pass.
    PAUSING
}
