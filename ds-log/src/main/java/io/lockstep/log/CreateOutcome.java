package io.lockstep.log;

/// The outcome of a `create`.
public sealed interface CreateOutcome {
    GroupTail tail();

    record Created(GroupTail tail) implements CreateOutcome {}

    /// The group existed before.
    ///
    /// @param creator the member that created it, so that a repeated create can be told from a
    ///     collision
    record Existed(GroupTail tail, MemberId creator) implements CreateOutcome {}
}
