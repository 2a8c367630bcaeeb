package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;

/// One member's MLS state of one group: the current epoch, and a few past epochs for late messages.
///
/// All messages are MLSMessages with a PrivateMessage.
///
/// ```java
/// StagedCommit commit = group.stage(Change.adding(List.of(keyPackage)));
/// // Send it. Then, if it was accepted: group.merge(commit); if it lost: group.drop(commit).
/// ```
public interface MlsGroup {
    GroupId id();

    long epoch();

    /// Returns the epoch authenticator. It is equal for two members exactly if they agree on the
    /// whole state of the epoch (RFC 9420 §8.7).
    Bytes epochAuthenticator();

    /// Returns the identities of the members, in the order of their leaves.
    List<Bytes> members();

    /// Returns the GroupInfo of the current epoch, with tree and external public key.
    Bytes groupInfo();

    /// Returns the ratchet tree of the current epoch (RFC 9420 §12.4.3.3), to be sent with a
    /// GroupInfo that does not contain it.
    Bytes ratchetTree();

    /// Creates a commit that covers the change and the proposals received in this epoch. The group
    /// itself does not change until [#merge]. A commit that lost only needs [#drop].
    default StagedCommit stage(Change change) {
        return stage(change, TreeLocation.INSIDE);
    }

    /// Creates the same commit, with the ratchet tree in the given place.
    StagedCommit stage(Change change, TreeLocation tree);

    /// Returns a commit that was staged in this epoch and not dropped, even if the group was saved
    /// and restored since.
    ///
    /// @param sha256 hash of the commit's MLSMessage
    Optional<StagedCommit> staged(Bytes sha256);

    /// Returns the identities that have no leaf after a commit staged in this epoch: also those that
    /// it removes by a received proposal.
    List<Bytes> removedBy(StagedCommit staged);

    /// Discards a staged commit that was refused for good.
    void drop(StagedCommit refused);

    /// Enters the epoch of a staged commit that was accepted.
    void merge(StagedCommit accepted);

    /// Goes back to an earlier epoch: the service has voided the commits after it.
    ///
    /// @return false when the state of that epoch is no longer kept; nothing changed
    boolean rollback(long epoch);

    Bytes proposeAdd(Bytes keyPackage);

    Bytes proposeRemove(Bytes identity);

    /// Processes a message of another member, or an own proposal. Call it in the order of the
    /// group's log.
    Processed process(Bytes message);

    Bytes encrypt(Bytes plaintext, Bytes authenticatedData);

    /// Where a joiner finds the ratchet tree.
    enum TreeLocation {
        /// In the GroupInfo, also in that of the Welcome: for small groups.
        INSIDE,
        /// Separate from both: a joiner also needs [StagedCommit#ratchetTree].
        APART,
        /// Nowhere: no client joins by this commit, so the engine makes neither GroupInfo nor tree.
        LEFT_OUT
    }

    /// The changes of a commit, in addition to new keys of the committer.
    ///
    /// @param add KeyPackages of new members, as MLSMessages
    /// @param remove identities of members to remove
    record Change(List<Bytes> add, List<Bytes> remove) {
        public static final Change NONE = new Change(List.of(), List.of());

        public Change {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }

        public static Change adding(List<Bytes> keyPackages) {
            return new Change(keyPackages, List.of());
        }

        public static Change removing(Bytes identity) {
            return new Change(List.of(), List.of(identity));
        }
    }

    /// A commit that waits for its outcome.
    interface StagedCommit {
        Bytes commit();

        /// EMPTY when no client joins.
        Bytes welcome();

        /// Of the epoch that the commit begins.
        Bytes groupInfo();

        /// Of the epoch that the commit begins; EMPTY when it is inside the GroupInfo.
        Bytes ratchetTree();

        /// The epoch that the commit ends.
        long epoch();
    }

    /// The result of processing a message.
    sealed interface Processed {
        record Application(long epoch, Bytes sender, Bytes plaintext, Bytes authenticatedData)
                implements Processed {}

        /// A proposal, which waits for a commit of this epoch.
        record Proposal(long epoch) implements Processed {}

        /// A commit that began the next epoch.
        ///
        /// @param added identities of the leaves that the commit added, or gave another identity
        /// @param removed identities of the leaves that it removed, or gave another identity
        record EpochBegan(long epoch, Bytes committer, List<Bytes> added, List<Bytes> removed)
                implements Processed {
            public EpochBegan {
                added = List.copyOf(added);
                removed = List.copyOf(removed);
            }
        }

        /// A commit that removes this client. The group's state ends here.
        record Removed(long epoch, Bytes committer) implements Processed {}

        /// A message that this state ignores: of an epoch before the client joined, or a proposal
        /// or commit of a past epoch.
        record Ignored(long epoch) implements Processed {}
    }
}
