package io.lockstep.ordering;

import io.lockstep.log.BlobReference;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupRules;
import io.lockstep.log.PartContent;
import io.lockstep.log.PolicyChange;
import io.lockstep.log.RosterDelta;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// A request of a client, or of the operator, to add an entry to a group's order. Its bytes and its referenced blobs were
/// checked before: one whole MLSMessage whose public header was read, or no message.
public sealed interface Submission {
    GroupId group();

    Author author();

    /// The bytes that it uses of the mailbox's limit.
    int bytes();

    /// The blobs that it refers to.
    List<BlobReference> references();

    /// @param epoch the current MLS epoch of the group
    /// @param groupInfo MLSMessage with the GroupInfo of that epoch; EMPTY for none
    /// @param ratchetTree the ratchet tree of that epoch, if it is stored separately from the
    ///     GroupInfo
    record CreateSubmission(
            GroupId group,
            Author author,
            long epoch,
            GroupRules policy,
            Bytes groupInfo,
            Optional<BlobReference> ratchetTree)
            implements Submission {
        /// A create without a tree.
        public CreateSubmission(
                GroupId group, Author author, long epoch, GroupRules policy, Bytes groupInfo) {
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
    /// @param byNewMember whether its sender may be outside the group: a PublicMessage of sender
    ///     type new_member_proposal (RFC 9420 §6.1)
    /// @param content inline where it is ephemeral
    record MessageSubmission(
            GroupId group,
            Author author,
            EntryKind kind,
            long epoch,
            boolean byNewMember,
            boolean ephemeral,
            PartContent content)
            implements Submission {
        /// A message with inline content.
        public MessageSubmission(
                GroupId group,
                Author author,
                EntryKind kind,
                long epoch,
                boolean byNewMember,
                boolean ephemeral,
                Bytes message) {
            this(
                    group,
                    author,
                    kind,
                    epoch,
                    byNewMember,
                    ephemeral,
                    new PartContent.Inline(message));
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

    /// A member's request to end the group in favour of a successor (RFC 9420 §11.2).
    record ReinitSubmission(GroupId group, Author author, GroupId successor) implements Submission {
        @Override
        public int bytes() {
            return successor.bytes().size();
        }

        @Override
        public List<BlobReference> references() {
            return List.of();
        }
    }

    /// A member's request to leave the group.
    ///
    /// @param client its name, `user/device`, which the other members see
    record LeaveSubmission(GroupId group, Author author, String client) implements Submission {
        @Override
        public int bytes() {
            return client.length();
        }

        @Override
        public List<BlobReference> references() {
            return List.of();
        }
    }

    /// A member's request to change the group's policy.
    ///
    /// @param client its name, `user/device`, which the other members see
    record PolicySubmission(GroupId group, Author author, String client, PolicyChange change)
            implements Submission {
        /// About what its rules need in memory.
        private static final int CHANGE_BYTES = 128;

        @Override
        public int bytes() {
            return client.length() + CHANGE_BYTES;
        }

        @Override
        public List<BlobReference> references() {
            return List.of();
        }
    }

    /// A member's statement about a provisional commit. It contains no MLSMessage; if it is accepted
    /// the entry is a [io.lockstep.log.ControlEvent].
    ///
    /// @param position of the commit
    record CommitVerdict(GroupId group, Author author, long position, Verdict verdict)
            implements Submission {
        @Override
        public int bytes() {
            return switch (verdict) {
                case Verdict.Reject(var reason) -> reason.length();
                case Verdict.Acknowledge _ -> 0;
            };
        }

        @Override
        public List<BlobReference> references() {
            return List.of();
        }
    }

    /// What a member states about a commit.
    sealed interface Verdict {
        /// The member cannot process it.
        ///
        /// @param reason for people, at most [io.lockstep.log.ControlEvent#REASON_BYTES_MAX]
        record Reject(String reason) implements Verdict {}

        /// The member has applied it, and everything before it.
        record Acknowledge() implements Verdict {}
    }

    /// A command of the service's operator. If it is accepted the entry is a
    /// [io.lockstep.log.ControlEvent], which all members read.
    ///
    /// @param evidence why, for the audit
    record OperatorCommand(GroupId group, OperatorAction action, Evidence evidence)
            implements Submission {
        @Override
        public Author author() {
            return Author.OPERATOR;
        }

        @Override
        public int bytes() {
            return evidence.text().length();
        }

        @Override
        public List<BlobReference> references() {
            return List.of();
        }
    }

    /// What the operator does to a group.
    sealed interface OperatorAction {
        /// Voids a provisional commit and all commits after it.
        ///
        /// @param position of the commit; empty for the oldest one that a member has rejected
        record VoidCommits(OptionalLong position) implements OperatorAction {}

        /// Ends the group in favour of a successor, whatever its policy says.
        record Reset(GroupId successor) implements OperatorAction {}

        /// Refuses the submissions of clients until the group is thawed. Reading goes on.
        record Freeze() implements OperatorAction {}

        /// Ends a freeze.
        record Thaw() implements OperatorAction {}
    }

    /// A commit and everything that takes effect with it.
    ///
    /// @param epoch the epoch in its header, which it ends
    /// @param external whether it is an external commit: a PublicMessage of sender type
    ///     new_member_commit, with which the author itself joins (RFC 9420 §12.4.3.2)
    /// @param ratchetTree the tree of the epoch that it begins, if it is stored separately from the
    ///     GroupInfo
    /// @param rosterChange declared by the committer; it includes the joiners named by the Welcome
    /// @param knownPosition the last position that its author had applied; 0 when not given
    /// @param joinersRefused why the added members cannot join, according to the directory; empty
    ///     where they can
    /// @param names the clients that it adds and removes, as in [io.lockstep.log.LogEntry]
    /// @param welcomeSender pseudonym of the author's user for the inboxes of the joiners, the same
    ///     in all groups; EMPTY without a Welcome
    record CommitSubmission(
            GroupId group,
            Author author,
            long epoch,
            boolean external,
            PartContent content,
            Optional<PartContent> welcome,
            Optional<PartContent> groupInfo,
            Optional<BlobReference> ratchetTree,
            RosterDelta rosterChange,
            long knownPosition,
            Optional<Code> joinersRefused,
            Bytes welcomeSender,
            Optional<PartContent> names)
            implements Submission {
        /// The bytes that a name in the roster change uses of the mailbox's limit.
        private static final int NAME_BYTES = 48;

        /// A commit that names nobody, and whose Welcome, if any, is of an unknown sender.
        public CommitSubmission(
                GroupId group,
                Author author,
                long epoch,
                boolean external,
                PartContent content,
                Optional<PartContent> welcome,
                Optional<PartContent> groupInfo,
                Optional<BlobReference> ratchetTree,
                RosterDelta rosterChange,
                long knownPosition,
                Optional<Code> joinersRefused) {
            this(
                    group,
                    author,
                    epoch,
                    external,
                    content,
                    welcome,
                    groupInfo,
                    ratchetTree,
                    rosterChange,
                    knownPosition,
                    joinersRefused,
                    Bytes.EMPTY,
                    Optional.empty());
        }

        /// A commit with all content inline, whose joiners are all known.
        public CommitSubmission(
                GroupId group,
                Author author,
                long epoch,
                boolean external,
                Bytes message,
                Bytes welcome,
                Bytes groupInfo,
                RosterDelta rosterChange,
                long knownPosition) {
            this(
                    group,
                    author,
                    epoch,
                    external,
                    new PartContent.Inline(message),
                    PartContent.ofOptional(welcome),
                    PartContent.ofOptional(groupInfo),
                    Optional.empty(),
                    rosterChange,
                    knownPosition,
                    Optional.empty());
        }

        public CommitSubmission withRosterChange(RosterDelta change) {
            return with(change, joinersRefused, names);
        }

        public CommitSubmission withNames(PartContent named) {
            return with(rosterChange, joinersRefused, Optional.of(named));
        }

        /// A copy of this commit some of whose joiners cannot join. It is refused only where it
        /// would be accepted otherwise, not earlier: an outsider learns nothing, and a resend gets
        /// its first outcome.
        public CommitSubmission withJoinersRefused(Code why) {
            return with(rosterChange, Optional.of(why), names);
        }

        private CommitSubmission with(
                RosterDelta change, Optional<Code> why, Optional<PartContent> named) {
            return new CommitSubmission(
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
                    why,
                    welcomeSender,
                    named);
        }

        @Override
        public int bytes() {
            return content.inlineSize()
                    + welcome.map(PartContent::inlineSize).orElse(0)
                    + groupInfo.map(PartContent::inlineSize).orElse(0)
                    + names.map(PartContent::inlineSize).orElse(0)
                    + NAME_BYTES * rosterChange.size();
        }

        @Override
        public List<BlobReference> references() {
            return Stream.of(
                            Optional.of(content),
                            welcome,
                            groupInfo,
                            ratchetTree.map(PartContent.class::cast),
                            names)
                    .flatMap(Optional::stream)
                    .filter(BlobReference.class::isInstance)
                    .map(BlobReference.class::cast)
                    .toList();
        }
    }
}
