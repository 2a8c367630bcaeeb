package io.lockstep.ordering;

import io.lockstep.log.EntryKind;
import io.lockstep.log.GroupPolicy;
import io.lockstep.log.RosterChange;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// What a client wants of a group's order. The bytes were checked before: one whole MLSMessage, its
/// public header read.
public sealed interface Submission {
    GroupId group();

    Author author();

    /// How much of the mailbox's byte limit it takes.
    int bytes();

    /// @param epoch the MLS epoch the group is in
    /// @param groupInfo MLSMessage with the GroupInfo of that epoch; EMPTY for none
    record Create(GroupId group, Author author, long epoch, GroupPolicy policy, Bytes groupInfo)
            implements Submission {
        @Override
        public int bytes() {
            return groupInfo.size();
        }
    }

    /// An application message or a proposal.
    ///
    /// @param epoch the epoch in its header
    /// @param byNewMember whether its sender is one who may be outside the group: a PublicMessage of sender
    ///     type new_member_proposal (RFC 9420 §6.1)
    record Message(
            GroupId group,
            Author author,
            EntryKind kind,
            long epoch,
            boolean byNewMember,
            boolean ephemeral,
            Bytes message)
            implements Submission {
        @Override
        public int bytes() {
            return message.size();
        }
    }

    /// A commit and all that takes effect with it.
    ///
    /// @param epoch the epoch in its header, which it ends
    /// @param external whether it is an external commit: a PublicMessage of sender type new_member_commit,
    ///     by which the author itself joins (RFC 9420 §12.4.3.2)
    /// @param rosterChange declared by the committer, joiners named by the Welcome included
    /// @param knownPosition the last position its author had applied; 0 when not told
    /// @param joinersKnown whether the directory knows every KeyPackage that the Welcome names
    record Commit(
            GroupId group,
            Author author,
            long epoch,
            boolean external,
            Bytes message,
            Bytes welcome,
            Bytes groupInfo,
            RosterChange rosterChange,
            long knownPosition,
            boolean joinersKnown)
            implements Submission {
        /// A commit whose joiners are all known.
        public Commit(
                GroupId group,
                Author author,
                long epoch,
                boolean external,
                Bytes message,
                Bytes welcome,
                Bytes groupInfo,
                RosterChange rosterChange,
                long knownPosition) {
            this(
                    group,
                    author,
                    epoch,
                    external,
                    message,
                    welcome,
                    groupInfo,
                    rosterChange,
                    knownPosition,
                    true);
        }

        /// This commit, of whose joiners the directory does not know all. It is refused where it would be
        /// accepted otherwise, and no earlier: an outsider learns nothing, a resend gets its first outcome.
        public Commit withUnknownJoiners() {
            return new Commit(
                    group,
                    author,
                    epoch,
                    external,
                    message,
                    welcome,
                    groupInfo,
                    rosterChange,
                    knownPosition,
                    false);
        }

        @Override
        public int bytes() {
            return message.size() + welcome.size() + groupInfo.size();
        }
    }
}
