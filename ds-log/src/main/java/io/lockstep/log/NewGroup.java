package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A group to be created.
///
/// @param incarnation 16 random bytes
/// @param epoch the MLS epoch it is in
/// @param groupInfo MLSMessage with the GroupInfo of that epoch; EMPTY for none
public record NewGroup(
        Bytes incarnation,
        long epoch,
        GroupPolicy policy,
        MemberId creator,
        OwnerId creatorOwner,
        Bytes groupInfo) {}
