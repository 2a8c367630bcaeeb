package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;

/// One member's view of one group: the current epoch, and a few past ones for late messages.
///
/// All messages are MLSMessages, made as PrivateMessage.
public interface MlsGroup {
    GroupId id();

    long epoch();

    /// Equal for two members exactly if they agree on the epoch's whole state (RFC 9420 §8.7).
    Bytes epochAuthenticator();

    /// Identities of the members, by leaf.
    List<Bytes> members();

    /// GroupInfo of the current epoch, with tree and external public key.
    Bytes groupInfo();

    /// The ratchet tree of the current epoch (RFC 9420 §12.4.3.3), as it goes beside a GroupInfo without one.
    Bytes ratchetTree();

    /// Makes a commit that covers the proposals received in this epoch and the change. The group itself does not
    /// change until [#merge]; a commit that lost is simply dropped.
    default StagedCommit stage(Change change) {
        return stage(change, TreePlace.INSIDE);
    }

    /// The same, with the ratchet tree where it is wanted.
    StagedCommit stage(Change change, TreePlace tree);

    /// A commit that was staged in this epoch and not dropped, also before the group was saved and restored.
    ///
    /// @param sha256 of the commit
    Optional<StagedCommit> staged(Bytes sha256);

    /// The commit was refused for good.
    void drop(StagedCommit refused);

    /// The commit was accepted: its epoch begins.
    void merge(StagedCommit accepted);

    Bytes proposeAdd(Bytes keyPackage);

    Bytes proposeRemove(Bytes identity);

    /// Takes a message of another member, or an own proposal, in the order of the group's log.
    Processed process(Bytes message);

    Bytes encrypt(Bytes plaintext, Bytes authenticatedData);

    /// Where a joiner finds the ratchet tree.
    enum TreePlace {
        /// In the GroupInfo, that of the Welcome too: for small groups.
        INSIDE,
        /// Beside both; whoever joins needs [StagedCommit#ratchetTree] as well.
        APART,
        /// Nowhere: nobody is to join by this commit, and neither GroupInfo nor tree is made.
        LEFT_OUT
    }

    /// What a commit does beyond refreshing the committer's keys.
    ///
    /// @param add KeyPackages, MLSMessages
    /// @param remove identities
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

        /// EMPTY when nobody joins.
        Bytes welcome();

        /// Of the epoch that the commit begins.
        Bytes groupInfo();

        /// Of the epoch that the commit begins; EMPTY when it is inside the GroupInfo.
        Bytes ratchetTree();

        /// The epoch that the commit ends.
        long epoch();
    }

    /// What a message turned out to be.
    sealed interface Processed {
        record Application(long epoch, Bytes sender, Bytes plaintext, Bytes authenticatedData)
                implements Processed {}

        /// It waits for a commit of this epoch.
        record Proposal(long epoch) implements Processed {}

        /// The next epoch has begun.
        ///
        /// @param added how many members the commit added, `removed` how many it removed
        record EpochBegan(long epoch, Bytes committer, int added, int removed)
                implements Processed {}

        /// The commit removes this client; its view ends here.
        record Removed(long epoch, Bytes committer) implements Processed {}

        /// A message that this view has no part in: of an epoch before it joined, or a proposal or commit of an
        /// epoch that is over.
        record Ignored(long epoch) implements Processed {}
    }
}
