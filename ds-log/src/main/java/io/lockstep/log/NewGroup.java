package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// A group to be created.
///
/// @param incarnation 16 random bytes
/// @param epoch the MLS epoch it is in
/// @param groupInfo MLSMessage with the GroupInfo of that epoch; EMPTY for none
/// @param ratchetTree where the tree of that epoch is, if it is kept beside the GroupInfo
public record NewGroup(
        Bytes incarnation,
        long epoch,
        GroupPolicy policy,
        MemberId creator,
        OwnerId creatorOwner,
        Bytes groupInfo,
        Optional<BlobReference> ratchetTree) {
    /// Without a tree.
    public NewGroup(
            Bytes incarnation,
            long epoch,
            GroupPolicy policy,
            MemberId creator,
            OwnerId creatorOwner,
            Bytes groupInfo) {
        this(incarnation, epoch, policy, creator, creatorOwner, groupInfo, Optional.empty());
    }
}
