package io.lockstep.log.memory;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.ControlEvent;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.Departures;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupInfoOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogLimits;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.NoticeBroadcaster;
import io.lockstep.log.PartContent;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.Succession;
import io.lockstep.log.SweepSchedule;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleKind;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// One group in memory. `entries` contains the positions `firstRetained ≤ p ≤ last.position`,
/// densely.
///
/// Threads: every method takes the group's lock, and calls no other object except the blobs while
/// it holds it.
final class MemoryGroup {
    /// Maximum number of missed entries in a Behind.
    private static final int MISSED_COUNT_MAX = 64;

    private final GroupId id;
    private final LogLimits limits;
    private final InstantSource clock;
    private final MemberId creator;
    private final MemoryRoster roster;
    private final MemoryBlobStore blobs;
    private final NoticeBroadcaster followers;
    private final List<LogEntry> entries = new ArrayList<>();
    private final ResendIndex resendKeys;
    private final TreeMap<Long, PendingWelcome> welcomes = new TreeMap<>();

    /// Positions of the current epoch's first proposals.
    private final List<Long> proposals = new ArrayList<>();

    private GroupRules policy;
    private LogPosition last;
    private long epoch;
    private long firstRetained = 1;

    /// Bytes of the messages of `entries`.
    private long bytes;

    private Optional<StoredGroupInfo> groupInfo;

    /// Position of the newest void; 0 for none.
    private long lastVoid;

    private ProvisionalCommits provisional = ProvisionalCommits.NONE;
    private Succession succession;
    private Departures departures = Departures.NONE;

    /// The position at which the operator froze the group; 0 while it is not frozen.
    private long frozenAt;

    /// The GroupInfo before each provisional commit.
    private final Map<Long, StoredGroupInfo> groupInfoBefore = new HashMap<>();

    private GroupTroubles troubles = GroupTroubles.NONE;
    private boolean deleted;

    /// When the group is swept next.
    private long dueMillis;

    /// Whether an append was behind since the last one that was not.
    private boolean contended;

    MemoryGroup(
            GroupId id,
            NewGroup made,
            MemoryBlobStore blobs,
            LogLimits limits,
            InstantSource clock) {
        this.id = id;
        this.limits = limits;
        this.clock = clock;
        this.blobs = blobs;
        this.policy = made.policy();
        this.creator = made.creator();
        this.succession = Succession.createdBy(made.creatorOwner());
        this.followers = new NoticeBroadcaster(id, this::tail);
        this.resendKeys = new ResendIndex(LogLimits.resendWindow(policy), clock);
        this.last = new LogPosition(made.incarnation(), 0, GroupHead.first(id, made.incarnation()));
        this.epoch = made.epoch();
        this.roster = new MemoryRoster(limits, made.creator(), made.creatorOwner());
        this.groupInfo =
                PartContent.ofOptional(made.groupInfo())
                        .map(info -> new StoredGroupInfo(made.epoch(), info, made.ratchetTree()));
        this.dueMillis = SweepSchedule.first(policy.retention(), clock.millis());
    }

    GroupId id() {
        return id;
    }

    synchronized GroupRules policy() {
        return policy;
    }

    MemberId creator() {
        return creator;
    }

    NoticeBroadcaster followers() {
        return followers;
    }

    synchronized GroupTail tail() {
        return new GroupTail(last, epoch, firstRetained);
    }

    synchronized Map<MemberId, Optional<Membership>> memberships(Collection<MemberId> members) {
        return members.stream().collect(Collectors.toUnmodifiableMap(m -> m, roster::find));
    }

    synchronized boolean hasDeviceOf(UserPseudonym owner) {
        return roster.hasDeviceOf(owner);
    }

    synchronized Optional<StoredGroupInfo> groupInfo() {
        return groupInfo;
    }

    synchronized GroupInfoOutcome fileGroupInfo(
            Bytes incarnation, long seen, StoredGroupInfo filed) {
        if (!last.incarnation().equals(incarnation) || epoch != filed.epoch() || lastVoid > seen) {
            return new GroupInfoOutcome.EpochDiffers(tail());
        }
        var missing = blobs.refer(id, policy, filed);
        if (!missing.isEmpty()) {
            return new GroupInfoOutcome.BlobsMissing(missing);
        }
        groupInfo = Optional.of(filed);
        troubles = troubles.withCurrentGroupInfo();
        return new GroupInfoOutcome.Filed();
    }

    synchronized void note(List<Trouble> noted) {
        for (var trouble : noted) {
            if (trouble.kind() != TroubleKind.STALE_GROUP_INFO || groupInfo.isPresent()) {
                troubles = troubles.with(trouble, clock.millis());
            }
        }
    }

    /// Those in the register.
    synchronized GroupTroubles troubles() {
        long oldest = clock.millis() - GroupLog.TROUBLES_REMEMBERED.toMillis();
        return troubles.lastMillis() > oldest ? troubles : GroupTroubles.NONE;
    }

    synchronized List<PendingWelcome> pendingWelcomes() {
        return welcomes.values().stream().limit(GroupLog.WELCOMES_MAX).toList();
    }

    synchronized void welcomesReleased(List<Long> positions) {
        positions.forEach(welcomes::remove);
    }

    synchronized GroupSnapshot snapshot(int recentMax) {
        int from = Math.max(0, entries.size() - recentMax);
        return new GroupSnapshot(
                tail(),
                policy,
                entries.subList(from, entries.size()),
                proposals,
                provisional,
                succession,
                frozenAt,
                departures);
    }

    synchronized AppendOutcome append(LogPosition expected, List<NewEntry> batch) {
        if (deleted) {
            return new AppendOutcome.GroupMissing();
        }
        if (!expected.incarnation().equals(last.incarnation())) {
            return new AppendOutcome.Diverged(tail());
        }
        if (!expected.equals(last)) {
            contended = true;
            return AppendOutcome.behind(
                    id, expected, tail(), after(expected.position(), MISSED_COUNT_MAX));
        }
        NewEntry.checkEpochs(epoch, batch);
        if (bytes > limits.logBytesMax() + limits.logBytesOver()) {
            return new AppendOutcome.LogFull();
        }
        int size = roster.size();
        for (var added : batch) {
            size = roster.sizeAfter(size, added.entry().rosterChange());
            if (size > limits.membersMax()) {
                return new AppendOutcome.RosterFull(added.entry().position());
            }
        }
        var missing = blobs.refer(id, longestOf(batch), batch);
        if (!missing.isEmpty()) {
            return new AppendOutcome.BlobsMissing(missing);
        }
        for (var added : batch) {
            take(added);
        }
        NewEntry.policyAfter(batch).ifPresent(this::changePolicy);
        assert invariants();
        boolean others = contended;
        contended = false;
        return new AppendOutcome.Succeeded(tail(), others);
    }

    private boolean invariants() {
        return entries.size() == last.position() - firstRetained + 1
                && (entries.isEmpty() || entries.getFirst().position() == firstRetained);
    }

    private void take(NewEntry added) {
        var entry = added.entry();
        last = new LogPosition(last.incarnation(), entry.position(), entry.head());
        entries.add(entry);
        bytes += entry.content().inlineSize();
        resendKeys.add(entry);
        if (entry.kind() == EntryKind.PROPOSAL && proposals.size() < GroupSnapshot.PROPOSALS_MAX) {
            proposals.add(entry.position());
        }
        if (entry.isProvisional()) {
            groupInfo.ifPresent(info -> groupInfoBefore.put(entry.position(), info));
        }
        added.voided().ifPresent(event -> undo(added, event));
        frozenAt = entry.frozenAfter(frozenAt);
        entry.left().ifPresent(_ -> roster.apply(entry.rosterChange(), entry.position()));
        added.departures().ifPresent(after -> departures = after);
        added.successor().ifPresent(successor -> succession = succession.endedFor(successor));
        added.provisional()
                .ifPresent(change -> {
                    provisional = change.after();
                    change.settled().forEach(groupInfoBefore::remove);
                });
        if (entry.kind() == EntryKind.COMMIT) {
            proposals.clear();
            epoch = entry.epoch() + 1;
            roster.apply(entry.rosterChange(), entry.position());
            groupInfo = added.storedGroupInfo().or(() -> groupInfo);
            added.welcome()
                    .map(welcome ->
                            new PendingWelcome(
                                    last,
                                    epoch,
                                    welcome,
                                    added.ratchetTree(),
                                    added.welcomeSender()))
                    .ifPresent(pending -> welcomes.put(entry.position(), pending));
        }
    }

    /// Of the policies before and after a batch, the one with the longer retention: an entry of the
    /// batch is of one or the other.
    private GroupRules longestOf(List<NewEntry> batch) {
        return NewEntry.policyAfter(batch)
                .filter(next -> next.retention().compareTo(policy.retention()) > 0)
                .orElse(policy);
    }

    private void changePolicy(GroupRules next) {
        policy = next;
        resendKeys.widen(LogLimits.resendWindow(next));
        dueMillis =
                Math.min(dueMillis, clock.millis() + SweepSchedule.AFTER_POLICY_CHANGE.toMillis());
    }

    private void undo(NewEntry added, ControlEvent.Voided event) {
        epoch = event.epoch();
        proposals.clear();
        provisional.at(event.position()).ifPresent(c -> proposals.addAll(c.proposals()));
        roster.apply(added.entry().rosterChange(), added.entry().position());
        welcomes.tailMap(event.position()).clear();
        lastVoid = added.entry().position();
        groupInfo = Optional.ofNullable(groupInfoBefore.get(event.position()));
        blobs.groupInfoStored(id, policy, groupInfo.map(StoredGroupInfo::blobs).orElse(Set.of()));
    }

    synchronized ReadOutcome read(long afterPosition, int countMax, int bytesMax) {
        if (afterPosition < firstRetained - 1) {
            return new ReadOutcome.Trimmed(tail());
        }
        var brought = new ArrayList<LogEntry>();
        long bytes = 0;
        for (var entry : after(afterPosition, countMax)) {
            brought.add(entry);
            bytes += entry.heldBytes();
            if (bytes >= bytesMax) {
                break;
            }
        }
        return new ReadOutcome.Entries(tail(), brought);
    }

    /// Entries after the position; empty when they are not retained.
    private List<LogEntry> after(long position, int countMax) {
        if (position < firstRetained - 1 || position > last.position()) {
            return List.of();
        }
        int from = (int) (position - firstRetained + 1);
        int to = (int) Math.min(entries.size(), (long) from + Math.max(1, countMax));
        return List.copyOf(entries.subList(from, to));
    }

    synchronized OptionalLong find(long inEpoch, Bytes sha256) {
        return resendKeys.find(inEpoch, sha256);
    }

    synchronized long trim(Duration age) {
        long acceptedBefore = clock.instant().minus(age).toEpochMilli();
        int count = 0;
        while (count < entries.size() - 1) {
            var oldest = entries.get(count);
            long rest = bytes - oldest.content().inlineSize();
            if (oldest.acceptedAtMillis() >= acceptedBefore
                    && !policy.keepsNoMoreThan(rest)
                    && bytes <= limits.logBytesMax()) {
                break;
            }
            bytes = rest;
            count++;
        }
        entries.subList(0, count).clear();
        firstRetained += count;
        assert invariants();
        roster.trimmed(firstRetained);
        return count;
    }

    /// The milliseconds for which the group has been due; negative before.
    synchronized long overdueMillis() {
        return clock.millis() - dueMillis;
    }

    /// @return number of deleted entries
    synchronized long sweep() {
        long deleted = trim(policy.retention());
        var oldest =
                entries.size() > 1
                        ? OptionalLong.of(entries.getFirst().acceptedAtMillis())
                        : OptionalLong.empty();
        dueMillis = SweepSchedule.next(policy.retention(), oldest, clock.millis());
        return deleted;
    }

    /// @return DELETED at most once
    synchronized DeleteOutcome delete(DeleteCondition condition) {
        if (deleted) {
            return DeleteOutcome.GROUP_MISSING;
        }
        var outcome =
                switch (condition) {
                    case DeleteCondition.OnlyUser(var member) -> {
                        if (!roster.find(member).map(Membership::isCurrent).orElse(false)) {
                            yield DeleteOutcome.NOT_A_MEMBER;
                        }
                        yield roster.users() > 1
                                ? DeleteOutcome.OTHER_USERS
                                : DeleteOutcome.DELETED;
                    }
                    case DeleteCondition.SameIncarnation(var incarnation) ->
                            incarnation.equals(last.incarnation())
                                    ? DeleteOutcome.DELETED
                                    : DeleteOutcome.ANOTHER_INCARNATION;
                };
        deleted = outcome == DeleteOutcome.DELETED;
        return outcome;
    }

    /// Deletes the group if it has no members, and its newest entry has expired.
    ///
    /// @return true at most once
    synchronized boolean deleteIfAbandoned() {
        boolean abandoned =
                !deleted
                        && roster.size() == 0
                        && !entries.isEmpty()
                        && entries.getLast().acceptedAtMillis() + policy.retention().toMillis()
                                <= clock.millis();
        deleted |= abandoned;
        return abandoned;
    }

    /// The position of each message of an epoch, for as long as it may be sent again.
    private static final class ResendIndex {
        private record ResendKey(long epoch, Bytes sha256) {}

        private record EntryLocation(long position, long addedAtMillis) {}

        private final InstantSource clock;
        private Duration window;

        /// In the order of their positions.
        private final LinkedHashMap<ResendKey, EntryLocation> locations = new LinkedHashMap<>();

        ResendIndex(Duration window, InstantSource clock) {
            this.window = window;
            this.clock = clock;
        }

        /// Also entries that were added before may be sent again for this time.
        void widen(Duration longer) {
            window = window.compareTo(longer) < 0 ? longer : window;
        }

        void add(LogEntry entry) {
            forgetOld();
            locations.put(
                    new ResendKey(entry.epoch(), entry.sha256()),
                    new EntryLocation(entry.position(), clock.millis()));
        }

        OptionalLong find(long epoch, Bytes sha256) {
            forgetOld();
            var location = locations.get(new ResendKey(epoch, sha256));
            return location == null ? OptionalLong.empty() : OptionalLong.of(location.position());
        }

        private void forgetOld() {
            long oldest = clock.instant().minus(window).toEpochMilli();
            var eldest = locations.values().iterator();
            while (eldest.hasNext() && eldest.next().addedAtMillis() < oldest) {
                eldest.remove();
            }
        }
    }
}
