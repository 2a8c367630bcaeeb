package io.lockstep.ordering;

import io.lockstep.log.BlobReference;
import io.lockstep.log.Content;
import io.lockstep.log.GroupPolicy;
import io.lockstep.log.RosterChange;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a client wants of a group's order. The bytes were checked before, those that are referred to as
/// well: one whole MLSMessage, its public header read.
public sealed interface Submission {
    GroupId group();

    Author author();

    /// How much of the mailbox's byte limit it takes.
    int bytes();

    /// Blobs that it refers to.
    List<BlobReference> references();

    /// @param epoch the MLS epoch the group is in
    /// @param groupInfo MLSMessage with the GroupInfo of that epoch; EMPTY for none
    /// @param ratchetTree where the ratchet tree of that epoch is, if it is kept beside the GroupInfo
    record Create(
            GroupId group,
            Author author,
            long epoch,
            GroupPolicy policy,
            Bytes groupInfo,
            Optional<BlobReference> ratchetTree)
            implements Submission {
        /// Without a tree.
        public Create(
                GroupId group, Author author, long epoch, GroupPolicy policy, Bytes groupInfo) {
            this(group, author, epoch, policy, groupInfo, Optional.empty());
        }

        @Override
        public int bytes() {
            return groupInfo.size();
        }

        @Override
        public List<BlobReference> references() {
            return ratchetTree.stream().toList();
        }
    }

    /// An application message or a proposal.
    ///
    /// @param epoch the epoch in its header
    /// @param byNewMember whether its sender is one who may be outside the group: a PublicMessage of sender
    ///     type new_member_proposal (RFC 9420 §6.1)
    /// @param content inline where it is ephemeral
    record Message(
            GroupId group,
            Author author,
            ContentType kind,
            long epoch,
            boolean byNewMember,
            boolean ephemeral,
            Content content)
            implements Submission {
        /// Inline.
        public Message(
                GroupId group,
                Author author,
                ContentType kind,
                long epoch,
                boolean byNewMember,
                boolean ephemeral,
                Bytes message) {
            this(group, author, kind, epoch, byNewMember, ephemeral, new Content.Inline(message));
        }

        @Override
        public int bytes() {
            return content.inlineSize();
        }

        @Override
        public List<BlobReference> references() {
            return content instanceof BlobReference apart ? List.of(apart) : List.of();
        }
    }

    /// A commit and all that takes effect with it.
    ///
    /// @param epoch the epoch in its header, which it ends
    /// @param external whether it is an external commit: a PublicMessage of sender type new_member_commit,
    ///     by which the author itself joins (RFC 9420 §12.4.3.2)
    /// @param ratchetTree where the tree of the epoch that it begins is, if it is kept beside the GroupInfo
    /// @param rosterChange declared by the committer, joiners named by the Welcome included
    /// @param knownPosition the last position its author had applied; 0 when not told
    /// @param joinersRefused why those that it adds cannot join, by what the directory knows of them; empty
    ///     where they can
    record Commit(
            GroupId group,
            Author author,
            long epoch,
            boolean external,
            Content content,
            Optional<Content> welcome,
            Optional<Content> groupInfo,
            Optional<BlobReference> ratchetTree,
            RosterChange rosterChange,
            long knownPosition,
            Optional<Code> joinersRefused)
            implements Submission {
        /// What a name in the roster change takes of the mailbox.
        private static final int NAME_BYTES = 48;

        /// A commit with all inline, whose joiners are all known.
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
                    new Content.Inline(message),
                    Content.ofOptional(welcome),
                    Content.ofOptional(groupInfo),
                    Optional.empty(),
                    rosterChange,
                    knownPosition,
                    Optional.empty());
        }

        public Commit withRosterChange(RosterChange change) {
            return with(change, joinersRefused);
        }

        /// This commit, whose joiners cannot join all. It is refused where it would be accepted otherwise, and
        /// no earlier: an outsider learns nothing, a resend gets its first outcome.
        public Commit withJoinersRefused(Code why) {
            return with(rosterChange, Optional.of(why));
        }

        private Commit with(RosterChange change, Optional<Code> why) {
            return new Commit(
                    group,
                    author,
                    epoch,
                    external,
                    content,
                    welcome,
                    groupInfo,
                    ratchetTree,
                    change,
                    knownPosition,
                    why);
        }

        @Override
        public int bytes() {
            return content.inlineSize()
                    + welcome.map(Content::inlineSize).orElse(0)
                    + groupInfo.map(Content::inlineSize).orElse(0)
                    + NAME_BYTES * rosterChange.size();
        }

        @Override
        public List<BlobReference> references() {
            return Stream.of(
                            Optional.of(content),
                            welcome,
                            groupInfo,
                            ratchetTree.map(Content.class::cast))
                    .flatMap(Optional::stream)
                    .filter(BlobReference.class::isInstance)
                    .map(BlobReference.class::cast)
                    .toList();
        }
    }
}
