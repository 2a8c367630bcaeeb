package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// One client as MLS knows it: a credential, a signature key, and the private halves of its KeyPackages.
public interface MlsIdentity {
    Bytes identity();

    /// A KeyPackage for one use.
    ///
    /// @return MLSMessage
    Bytes newKeyPackage();

    /// A new group with this client as its only member, in epoch 0.
    MlsGroup createGroup(GroupId group);

    /// Joins by a Welcome that answers one of this client's KeyPackages, which is used up.
    ///
    /// @param welcome MLSMessage, with the tree
    /// @throws MlsException also when no KeyPackage fits
    default MlsGroup join(Bytes welcome) {
        return join(welcome, Bytes.EMPTY);
    }

    /// @param ratchetTree given apart, or EMPTY when the Welcome brings it
    MlsGroup join(Bytes welcome, Bytes ratchetTree);

    /// Joins by an external commit, in place of an earlier leaf of the same identity if there is one. The group
    /// it brings may be used once the commit was accepted.
    ///
    /// @param groupInfo MLSMessage of the current epoch, with the tree
    default ExternalJoin joinExternally(Bytes groupInfo) {
        return joinExternally(groupInfo, Bytes.EMPTY);
    }

    /// @param ratchetTree given apart, or EMPTY when the GroupInfo brings it. What is inside and what beside the
    ///     new GroupInfo follows it
    ExternalJoin joinExternally(Bytes groupInfo, Bytes ratchetTree);

    /// @param commit MLSMessage, always a PublicMessage
    /// @param newGroupInfo MLSMessage with the GroupInfo of the epoch that begins
    /// @param newRatchetTree of that epoch, EMPTY when the GroupInfo brings it
    record ExternalJoin(Bytes commit, Bytes newGroupInfo, Bytes newRatchetTree, MlsGroup group) {}
}
