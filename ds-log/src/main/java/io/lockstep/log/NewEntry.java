package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// An entry to append, with everything that takes effect in the same atomic step.
///
/// @param entry its position and head continue the log
/// @param welcome MLSMessage with the whole Welcome, to be released to its joiners
/// @param groupInfo MLSMessage with the GroupInfo of the epoch that a commit begins. A commit
///     without one leaves the stored GroupInfo, which is then stale.
/// @param ratchetTree the ratchet tree of that epoch, if it is stored separately from the GroupInfo
/// @param provisional how the entry changes the provisional commits; empty when it does not
/// @param departures the clients that have left, after the entry; empty when it does not change them
/// @param welcomeSender as in [PendingWelcome]; EMPTY without a Welcome
public record NewEntry(
        LogEntry entry,
        Optional<PartContent> welcome,
        Optional<PartContent> groupInfo,
        Optional<BlobReference> ratchetTree,
        Optional<ProvisionalChange> provisional,
        Optional<Departures> departures,
        Bytes welcomeSender) {
    /// An entry that does not change the provisional commits, and whose Welcome, if any, is of an
    /// unknown sender.
    public NewEntry(
            LogEntry entry,
            Optional<PartContent> welcome,
            Optional<PartContent> groupInfo,
            Optional<BlobReference> ratchetTree) {
        this(
                entry,
                welcome,
                groupInfo,
                ratchetTree,
                Optional.empty(),
                Optional.empty(),
                Bytes.EMPTY);
    }

    /// An entry with inline parts; EMPTY for none.
    public NewEntry(LogEntry entry, Bytes welcome, Bytes groupInfo) {
        this(
                entry,
                PartContent.ofOptional(welcome),
                PartContent.ofOptional(groupInfo),
                Optional.empty());
    }

    public static NewEntry of(LogEntry entry) {
        return new NewEntry(entry, Optional.empty(), Optional.empty(), Optional.empty());
    }

    public NewEntry withProvisional(ProvisionalChange change) {
        return new NewEntry(
                entry,
                welcome,
                groupInfo,
                ratchetTree,
                Optional.of(change),
                departures,
                welcomeSender);
    }

    public NewEntry withDepartures(Departures after) {
        return new NewEntry(
                entry,
                welcome,
                groupInfo,
                ratchetTree,
                provisional,
                Optional.of(after),
                welcomeSender);
    }

    public NewEntry withWelcomeSender(Bytes sender) {
        return new NewEntry(
                entry, welcome, groupInfo, ratchetTree, provisional, departures, sender);
    }

    /// The void that this entry contains.
    public Optional<ControlEvent.Voided> voided() {
        return entry.voided();
    }

    /// The successor in whose favour this entry ends the group.
    public Optional<GroupId> successor() {
        return entry.successor();
    }

    /// The group's policy after a batch that changes it; for implementations of
    /// [GroupLog#append].
    public static Optional<GroupRules> policyAfter(List<NewEntry> batch) {
        return batch.reversed().stream()
                .map(added -> added.entry().policy())
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// Whether this entry freezes or thaws the group.
    public boolean changesFreeze() {
        return entry.control()
                .filter(event ->
                        event instanceof ControlEvent.Frozen
                                || event instanceof ControlEvent.Thawed)
                .isPresent();
    }

    /// Every blob that this entry refers to.
    public List<BlobReference> references() {
        return Stream.of(
                        Optional.of(entry.content()),
                        welcome,
                        groupInfo,
                        ratchetTree.map(PartContent.class::cast),
                        entry.names())
                .flatMap(Optional::stream)
                .filter(BlobReference.class::isInstance)
                .map(BlobReference.class::cast)
                .toList();
    }

    /// Whether the blob is of the entry itself and lives as long as it. What joiners need lives
    /// longer.
    public boolean isOfEntry(BlobReference reference) {
        return reference.equals(entry.content())
                || entry.names().filter(reference::equals).isPresent();
    }

    /// The GroupInfo that a batch stores: that of its newest commit that has one. Empty if no
    /// commit has one. For implementations of [GroupLog#append].
    public static Optional<StoredGroupInfo> storedGroupInfo(List<NewEntry> batch) {
        return batch.reversed().stream()
                .map(NewEntry::storedGroupInfo)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// The GroupInfo that a commit stores.
    public Optional<StoredGroupInfo> storedGroupInfo() {
        return groupInfo.map(
                content -> new StoredGroupInfo(entry.epoch() + 1, content, ratchetTree));
    }

    /// The entries of a batch; for implementations of [GroupLog#append].
    ///
    /// @throws IllegalArgumentException when it does not continue `expected` densely, an entry other
    ///     than a commit has parts that only a commit may have, a void or a second provisional
    ///     commit is not alone in its batch, or a void names no provisional commit
    public static List<LogEntry> checkDense(LogPosition expected, List<NewEntry> batch) {
        if (batch.isEmpty()) {
            throw new IllegalArgumentException("a batch must have at least one entry");
        }
        long position = expected.position();
        for (var added : batch) {
            position++;
            var entry = added.entry();
            if (entry.position() != position) {
                throw new IllegalArgumentException(
                        "expected position " + position + ", not " + entry.position());
            }
            boolean voids = added.voided().isPresent();
            if (voids && !isVoidAlone(batch)) {
                throw new IllegalArgumentException("a void must be a batch of its own");
            }
            if (entry.kind() != EntryKind.COMMIT
                    && !((entry.rosterChange().isEmpty() || voids || entry.left().isPresent())
                            && added.welcome().isEmpty()
                            && added.groupInfo().isEmpty()
                            && added.ratchetTree().isEmpty()
                            && entry.voidedProposals().isEmpty())) {
                throw new IllegalArgumentException("only a commit may have more than its message");
            }
        }
        if (batch.stream().filter(added -> added.entry().isProvisional()).count() > 1) {
            throw new IllegalArgumentException("one provisional commit is allowed in a batch");
        }
        checkNames(batch);
        return batch.stream().map(NewEntry::entry).toList();
    }

    private static boolean isVoidAlone(List<NewEntry> batch) {
        var added = batch.getFirst();
        return batch.size() == 1
                && added.voided()
                        .filter(event ->
                                added.provisional()
                                        .flatMap(change -> change.before().at(event.position()))
                                        .isPresent())
                        .isPresent();
    }

    /// Limits the work of one atomic step in a store. A commit that changes more names than one
    /// batch may must be a batch of its own, so that an outcome about its names concerns no other
    /// entry.
    private static void checkNames(List<NewEntry> batch) {
        int names = 0;
        for (var added : batch) {
            var change = added.entry().rosterChange();
            if (change.removed().size() > LogLimits.REMOVED_MAX) {
                throw new IllegalArgumentException(
                        "a commit may remove at most " + LogLimits.REMOVED_MAX + " members");
            }
            names += change.size();
        }
        if (names > LogLimits.BATCH_NAMES_MAX && batch.size() > 1) {
            throw new IllegalArgumentException(
                    names + " names in a batch of " + batch.size() + " entries");
        }
    }

    /// The epoch after a batch; for implementations of [GroupLog#append].
    ///
    /// @throws IllegalStateException when a commit or a void does not end the current epoch
    ///     (invariant I1)
    public static long checkEpochs(long epoch, List<NewEntry> batch) {
        long current = epoch;
        for (var added : batch) {
            var entry = added.entry();
            if (entry.kind() == EntryKind.COMMIT || added.voided().isPresent()) {
                if (entry.epoch() != current) {
                    throw new IllegalStateException(
                            "a commit for epoch " + entry.epoch() + " in epoch " + current);
                }
                current = entry.epochAfter(current);
            }
        }
        return current;
    }
}
