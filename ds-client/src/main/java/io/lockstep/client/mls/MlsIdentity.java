package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// One MLS client: a credential, a signature key, and the private keys of its KeyPackages.
///
/// ```java
/// Bytes keyPackage = identity.newKeyPackage();   // publish it
/// MlsGroup group = identity.join(welcome);       // when a Welcome for it arrives
/// ```
public interface MlsIdentity {
    Bytes identity();

    /// Creates a KeyPackage for one use.
    ///
    /// @return MLSMessage
    Bytes newKeyPackage();

    /// Creates a group with this client as its only member, in epoch 0.
    MlsGroup createGroup(GroupId group);

    /// Joins a group by a Welcome for one of this client's KeyPackages. The KeyPackage is used up.
    ///
    /// @param welcome MLSMessage with the Welcome, whose GroupInfo contains the tree
    /// @throws MlsException also when no KeyPackage fits
    default MlsGroup join(Bytes welcome) {
        return join(welcome, Bytes.EMPTY);
    }

    /// Joins a group by a Welcome, with a separate tree.
    ///
    /// @param ratchetTree the tree, or EMPTY when the Welcome contains it
    MlsGroup join(Bytes welcome, Bytes ratchetTree);

    /// Joins a group by an external commit, which replaces an earlier leaf of the same identity, if
    /// any. Use the resulting group only after the commit was accepted.
    ///
    /// @param groupInfo MLSMessage with the GroupInfo of the current epoch, with the tree
    default ExternalCommit joinExternally(Bytes groupInfo) {
        return joinExternally(groupInfo, Bytes.EMPTY);
    }

    /// Joins a group by an external commit, with a separate tree.
    ///
    /// @param ratchetTree the tree, or EMPTY when the GroupInfo contains it. The new tree is then
    ///     placed in the same way: inside the new GroupInfo or separate from it
    ExternalCommit joinExternally(Bytes groupInfo, Bytes ratchetTree);

    /// An external commit and the group that it leads to.
    ///
    /// @param commit MLSMessage, always with a PublicMessage
    /// @param newGroupInfo MLSMessage with the GroupInfo of the epoch that begins
    /// @param newRatchetTree of that epoch; EMPTY when the GroupInfo contains it
    record ExternalCommit(Bytes commit, Bytes newGroupInfo, Bytes newRatchetTree, MlsGroup group) {}
}
