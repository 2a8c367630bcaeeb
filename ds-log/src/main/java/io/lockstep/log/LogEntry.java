package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;

/// One entry of a group's log: one MLSMessage, or one [ControlEvent], and its position.
///
/// @param position dense from 1
/// @param kind the kind of the message
/// @param epoch the epoch in the message's header: a commit has the epoch that it ends
/// @param acceptedAtMillis time of its acceptance, milliseconds since 1970
/// @param content the MLSMessage, byte for byte as submitted, or a reference to it
/// @param sha256 SHA-256 of the message: the resend key (invariant I4)
/// @param head [GroupHead] at this position
/// @param rosterChange takes effect with this entry; NONE for all but commits, voids and
///     entries with which a member leaves
/// @param voidedProposals of an external commit: positions of its epoch's proposals, which it
///     cannot reference (RFC 9420 §12.4.3.2); empty for all other entries
/// @param author of a provisional commit or a rejection: the member that sent it; empty for all
///     other entries
/// @param confirms the position of the newest provisional commit that this entry confirms; 0 for
///     none
/// @param withoutGroupInfo of a commit: it came without a GroupInfo, so the stored one is of an
///     earlier epoch, or there is none; false for all other entries
/// @param names of a commit: the clients that it adds and removes, as declared, a serialized
///     `RosterChange` of the client protocol; empty for all other entries, and for commits of
///     earlier releases
public record LogEntry(
        long position,
        EntryKind kind,
        long epoch,
        long acceptedAtMillis,
        PartContent content,
        Bytes sha256,
        Bytes head,
        RosterDelta rosterChange,
        List<Long> voidedProposals,
        Optional<MemberId> author,
        long confirms,
        boolean withoutGroupInfo,
        Optional<PartContent> names) {
    /// Names that an entry contains; more, or more bytes, are stored separately.
    public static final int NAMES_MAX = LogLimits.BATCH_NAMES_MAX;

    /// Bytes of the serialized names.
    public static final int NAMES_BYTES_MAX = 16 * 1024;

    /// Approximate memory of a name in a roster change, or of a voided position: two ids, two
    /// arrays, a node.
    private static final int NAME_BYTES = 200;

    public LogEntry {
        voidedProposals = List.copyOf(voidedProposals);
        if (names.filter(named -> named.inlineSize() > NAMES_BYTES_MAX).isPresent()) {
            throw new IllegalArgumentException(
                    "an entry contains at most " + NAMES_BYTES_MAX + " bytes of names");
        }
    }

    /// An entry that is no commit without a GroupInfo, and names no clients.
    public LogEntry(
            long position,
            EntryKind kind,
            long epoch,
            long acceptedAtMillis,
            PartContent content,
            Bytes sha256,
            Bytes head,
            RosterDelta rosterChange,
            List<Long> voidedProposals,
            Optional<MemberId> author,
            long confirms) {
        this(
                position,
                kind,
                epoch,
                acceptedAtMillis,
                content,
                sha256,
                head,
                rosterChange,
                voidedProposals,
                author,
                confirms,
                false,
                Optional.empty());
    }

    /// An entry that is not provisional and confirms nothing.
    public LogEntry(
            long position,
            EntryKind kind,
            long epoch,
            long acceptedAtMillis,
            PartContent content,
            Bytes sha256,
            Bytes head,
            RosterDelta rosterChange,
            List<Long> voidedProposals) {
        this(
                position,
                kind,
                epoch,
                acceptedAtMillis,
                content,
                sha256,
                head,
                rosterChange,
                voidedProposals,
                Optional.empty(),
                0);
    }

    /// An entry with an inline message and no voided proposals.
    public LogEntry(
            long position,
            EntryKind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message,
            Bytes sha256,
            Bytes head,
            RosterDelta rosterChange) {
        this(
                position,
                kind,
                epoch,
                acceptedAtMillis,
                new PartContent.Inline(message),
                sha256,
                head,
                rosterChange,
                List.of());
    }

    /// The message if it is inline; EMPTY if it is stored separately.
    public Bytes message() {
        return switch (content) {
            case PartContent.Inline(var bytes) -> bytes;
            case BlobReference _ -> Bytes.EMPTY;
        };
    }

    /// Whether this is a commit that can still be voided, if no later entry has confirmed it.
    public boolean isProvisional() {
        return kind == EntryKind.COMMIT && author.isPresent();
    }

    /// What the service decided; empty for all entries but control entries.
    public Optional<ControlEvent> control() {
        return kind == EntryKind.CONTROL
                ? Optional.of(ControlEvent.decode(message()))
                : Optional.empty();
    }

    /// The void that this entry contains.
    public Optional<ControlEvent.Voided> voided() {
        return control()
                .filter(ControlEvent.Voided.class::isInstance)
                .map(ControlEvent.Voided.class::cast);
    }

    /// The name of the client that leaves with this entry.
    public Optional<String> left() {
        return control()
                .filter(ControlEvent.Left.class::isInstance)
                .map(event -> ((ControlEvent.Left) event).client());
    }

    /// The successor in whose favour this entry ends the group.
    public Optional<GroupId> successor() {
        return control()
                .filter(ControlEvent.Reinitialized.class::isInstance)
                .map(event -> ((ControlEvent.Reinitialized) event).successor());
    }

    /// The group's policy from this entry on, if it changes the policy.
    public Optional<GroupRules> policy() {
        return control()
                .filter(ControlEvent.PolicySet.class::isInstance)
                .map(event -> ((ControlEvent.PolicySet) event).rules());
    }

    /// The position at which the operator froze the group, after this entry.
    ///
    /// @param before that before it
    /// @return 0 while the group is not frozen
    public long frozenAfter(long before) {
        return control().map(event -> frozenAfter(event, before)).orElse(before);
    }

    private long frozenAfter(ControlEvent event, long before) {
        return switch (event) {
            case ControlEvent.Frozen _ -> before == 0 ? position : before;
            case ControlEvent.Thawed _ -> 0;
            case ControlEvent.Rejected _,
                    ControlEvent.Confirmed _,
                    ControlEvent.Voided _,
                    ControlEvent.Reinitialized _,
                    ControlEvent.Left _,
                    ControlEvent.PolicySet _,
                    ControlEvent.Unknown _ ->
                    before;
        };
    }

    /// The group's epoch after this entry.
    ///
    /// @param before the group's epoch before it
    public long epochAfter(long before) {
        return switch (kind) {
            case APPLICATION, PROPOSAL -> before;
            case COMMIT -> before + 1;
            case CONTROL -> voided().map(ControlEvent.Voided::epoch).orElse(before);
        };
    }

    /// Whether this entry ends or restores an epoch. Its header then names the epoch before it.
    public boolean changesEpoch() {
        return epochAfter(epoch) != epoch;
    }

    /// Whether the bytes match the hash; true if they are stored separately.
    public boolean isIntact() {
        return switch (content) {
            case PartContent.Inline(var bytes) -> bytes.sha256().equals(sha256);
            case BlobReference apart -> apart.sha256().equals(sha256);
        };
    }

    /// The bytes of its parts in a delivery.
    public int sentBytes() {
        return content.inlineSize() + names.map(PartContent::inlineSize).orElse(0);
    }

    /// Approximate memory of this entry in addition to a small constant: its message and its names.
    public int heldBytes() {
        int changes = rosterChange.size() + voidedProposals.size();
        return sentBytes() + NAME_BYTES * changes;
    }
}
