package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// What must hold in the store, in the step that begins a deletion ([GroupLog#delete]).
public sealed interface DeleteCondition {
    /// The member is a current one, and all current members are devices of its user.
    record OnlyUser(MemberId member) implements DeleteCondition {}

    /// The group has this incarnation: the group that the caller means was not deleted and created
    /// again.
    ///
    /// @param incarnation 16 bytes
    record SameIncarnation(Bytes incarnation) implements DeleteCondition {}
}
