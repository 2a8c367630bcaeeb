package io.lockstep.log;

/// The outcome of a [GroupLog#delete].
public enum DeleteOutcome {
    /// The group and all that the store kept of it are deleted.
    DELETED,

    /// There is no such group.
    GROUP_MISSING,

    /// [DeleteCondition.OnlyUser]: not a current member.
    NOT_A_MEMBER,

    /// [DeleteCondition.OnlyUser]: members are devices of other users.
    OTHER_USERS,

    /// [DeleteCondition.SameIncarnation]: the group has another one.
    ANOTHER_INCARNATION
}
