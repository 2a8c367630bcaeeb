package io.lockstep.log;

/// What became of a `create`.
public sealed interface CreateOutcome {
    GroupTail tail();

    record Created(GroupTail tail) implements CreateOutcome {}

    /// The group was there before.
    ///
    /// @param creator who created it, so that a repeated create can be told from a collision
    record Existed(GroupTail tail, MemberId creator) implements CreateOutcome {}
}
