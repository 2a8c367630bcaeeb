package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// A group to be created.
///
/// @param incarnation 16 random bytes
/// @param epoch its current MLS epoch
/// @param groupInfo MLSMessage with the GroupInfo of that epoch; EMPTY for none
/// @param ratchetTree the tree of that epoch, if it is stored separately from the GroupInfo
public record NewGroup(
        Bytes incarnation,
        long epoch,
        GroupRules policy,
        MemberId creator,
        UserPseudonym creatorOwner,
        Bytes groupInfo,
        Optional<BlobReference> ratchetTree) {
    /// A group without a tree.
    public NewGroup(
            Bytes incarnation,
            long epoch,
            GroupRules policy,
            MemberId creator,
            UserPseudonym creatorOwner,
            Bytes groupInfo) {
        this(incarnation, epoch, policy, creator, creatorOwner, groupInfo, Optional.empty());
    }
}
