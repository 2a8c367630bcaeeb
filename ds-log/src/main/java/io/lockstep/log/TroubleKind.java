package io.lockstep.log;

/// A kind of [Trouble].
public enum TroubleKind {
    /// A member cannot process a commit.
    REJECTION,
    /// Commits were voided.
    VOID,
    /// A member joined again by external commit: it could not follow.
    REJOIN,
    /// A commit came without a GroupInfo, so the stored one is stale.
    STALE_GROUP_INFO,
    /// The operator froze the group.
    FREEZE
}
