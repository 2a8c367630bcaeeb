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
    /// @param welcome MLSMessage
    /// @throws MlsException also when no KeyPackage fits
    MlsGroup join(Bytes welcome);

    /// Joins by an external commit, in place of an earlier leaf of the same identity if there is one. The group
    /// it brings may be used once the commit was accepted.
    ///
    /// @param groupInfo MLSMessage of the current epoch, with the tree
    ExternalJoin joinExternally(Bytes groupInfo);

    /// @param commit MLSMessage, always a PublicMessage
    /// @param newGroupInfo MLSMessage with the GroupInfo of the epoch that begins
    record ExternalJoin(Bytes commit, Bytes newGroupInfo, MlsGroup group) {}
}
