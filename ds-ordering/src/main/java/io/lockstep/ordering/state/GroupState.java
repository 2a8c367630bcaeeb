package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.Departures;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.Succession;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// The state of a group at one position of its log: everything that a decision needs.
///
/// Invariants: `recent` ends at `logPosition`; `keys.floor ≤ recent's first position - 1`; every
/// applied entry continued the previous one in position and head, every commit ended the current
/// epoch of the group, and every void restored the epoch of a provisional commit.
///
/// @param logPosition the position of the newest entry
/// @param epoch the MLS epoch after it
/// @param firstRetained the first retained position, as the log last returned it
/// @param proposals positions of the epoch's proposals, at most [GroupSnapshot#PROPOSALS_MAX]
/// @param provisional the commits that a void can undo; empty unless the policy allows voids
/// @param succession who created the group, and the successor in whose favour it has ended
/// @param frozenAt the position at which the operator froze the group; 0 while it is not frozen
/// @param departures the clients that have left and may still have a leaf
public record GroupState(
        GroupId group,
        LogPosition logPosition,
        long epoch,
        long firstRetained,
        GroupRules policy,
        KnownMembers roster,
        RecentEntries recent,
        ResendKeys keys,
        List<Long> proposals,
        ProvisionalCommits provisional,
        Succession succession,
        long frozenAt,
        Departures departures,
        GroupStateLimits limits) {
    private static final int STATE_BYTES = 512;
    private static final int ENTRY_BYTES = 250;
    private static final int POSITION_BYTES = 24;
    private static final int DEPARTURE_BYTES = 300;

    public GroupState {
        assert invariants(logPosition, recent, keys);
    }

    /// The state of a new group.
    public static GroupState created(
            GroupId group, NewGroup made, GroupTail tail, GroupStateLimits limits) {
        return new GroupState(
                group,
                tail.last(),
                made.epoch(),
                tail.firstRetained(),
                made.policy(),
                KnownMembers.ofCreator(made.creator(), made.creatorOwner()),
                RecentEntries.NONE,
                ResendKeys.above(tail.position(), made.epoch(), limits.resendKeysMax()),
                List.of(),
                ProvisionalCommits.NONE,
                Succession.createdBy(made.creatorOwner()),
                0,
                Departures.NONE,
                limits);
    }

    /// The state of a group in the log.
    ///
    /// @return empty when the snapshot contradicts itself
    public static Optional<GroupState> of(
            GroupId group, GroupSnapshot snapshot, GroupStateLimits limits) {
        var tail = snapshot.tail();
        long floor = tail.position() - snapshot.recent().size();
        long epoch = epochBefore(snapshot.recent(), tail.epoch());
        var headBefore =
                floor == 0
                        ? Optional.of(GroupHead.first(group, tail.last().incarnation()))
                        : Optional.<Bytes>empty();
        if (HistoryVerifier.firstBroken(group, floor, headBefore, snapshot.recent()).isPresent()) {
            return Optional.empty();
        }
        var recent = RecentEntries.NONE;
        var keys = ResendKeys.above(floor, epoch, limits.resendKeysMax());
        for (var entry : snapshot.recent()) {
            long before = epoch;
            if (entry.position() != ++floor || !epochFits(entry, before)) {
                return Optional.empty();
            }
            epoch = entry.epochAfter(before);
            recent = recent.with(entry, limits);
            keys = keys.with(entry.sha256(), entry.position(), before, epoch);
        }
        var end = recent.at(tail.position()).map(LogEntry::head).orElse(tail.last().head());
        return end.equals(tail.last().head())
                ? Optional.of(
                        new GroupState(
                                group,
                                tail.last(),
                                epoch,
                                tail.firstRetained(),
                                snapshot.policy(),
                                KnownMembers.NONE,
                                recent,
                                keys,
                                snapshot.proposals(),
                                snapshot.provisional(),
                                snapshot.succession(),
                                snapshot.frozenAt(),
                                snapshot.departures(),
                                limits))
                : Optional.empty();
    }

    /// Whether the entry can be the next one. If not, the store holds another history than this
    /// state (I1, I2).
    public boolean continuesWith(LogEntry entry) {
        return entry.position() == logPosition.position() + 1
                && epochFits(entry, epoch)
                && entry.isIntact()
                && entry.head().equals(headAfter(entry.kind(), entry.sha256()));
    }

    /// The state after one more entry.
    ///
    /// @param entry [#continuesWith] holds for it
    public GroupState apply(LogEntry entry) {
        long after = entry.epochAfter(epoch);
        var open = provisionalAfter(entry);
        return new GroupState(
                group,
                new LogPosition(logPosition.incarnation(), entry.position(), entry.head()),
                after,
                firstRetained,
                entry.policy().orElse(policy),
                roster.after(entry.rosterChange(), entry.position()),
                recent.with(entry, limits),
                keys.with(entry.sha256(), entry.position(), epoch, after),
                proposalsAfter(entry),
                open,
                successionAfter(entry),
                entry.frozenAfter(frozenAt),
                departuresAfter(entry, open),
                limits);
    }

    private Succession successionAfter(LogEntry entry) {
        return entry.successor().map(succession::endedFor).orElse(succession);
    }

    private Departures departuresAfter(LogEntry entry, ProvisionalCommits open) {
        var next =
                switch (entry.kind()) {
                    case APPLICATION, PROPOSAL -> departures;
                    case COMMIT ->
                            departures.after(
                                    entry.rosterChange(), entry.position(), entry.isProvisional());
                    case CONTROL ->
                            switch (ControlEvent.decode(entry.message())) {
                                case ControlEvent.Left(var client) ->
                                        entry.rosterChange().removed().stream()
                                                .findFirst()
                                                .map(member ->
                                                        departures.with(
                                                                member, client, entry.position()))
                                                .orElse(departures);
                                case ControlEvent.Voided voided ->
                                        departures.voided(voided.position());
                                case ControlEvent.Rejected _,
                                        ControlEvent.Confirmed _,
                                        ControlEvent.PolicySet _,
                                        ControlEvent.Reinitialized _,
                                        ControlEvent.Frozen _,
                                        ControlEvent.Thawed _,
                                        ControlEvent.Unknown _ ->
                                        departures;
                            };
                };
        return next.settled(open);
    }

    private ProvisionalCommits provisionalAfter(LogEntry entry) {
        var open = provisional.confirmed(entry.confirms());
        return switch (entry.kind()) {
            case APPLICATION, PROPOSAL -> open;
            case COMMIT ->
                    entry.author()
                            .map(author ->
                                    open.with(
                                            new ProvisionalCommit(
                                                    entry.position(),
                                                    entry.epoch(),
                                                    entry.acceptedAtMillis(),
                                                    author,
                                                    open.isAlone(author, entry.rosterChange()),
                                                    departures.withoutDeparted(
                                                            entry.rosterChange()),
                                                    proposals,
                                                    Set.of())))
                            // A commit of a group whose policy allows no voids.
                            .orElse(open);
            case CONTROL ->
                    switch (ControlEvent.decode(entry.message())) {
                        case ControlEvent.Rejected(var position, _) ->
                                entry.author()
                                        .map(author -> open.rejected(position, author))
                                        .orElse(open);
                        case ControlEvent.Voided voided -> open.voided(voided.position(), epoch);
                        case ControlEvent.Left _ when policy.voidsCommits() ->
                                entry.rosterChange().removed().stream()
                                        .findFirst()
                                        .map(open::left)
                                        .orElse(open);
                        case ControlEvent.Left _,
                                ControlEvent.PolicySet _,
                                ControlEvent.Confirmed _,
                                ControlEvent.Reinitialized _,
                                ControlEvent.Frozen _,
                                ControlEvent.Thawed _,
                                ControlEvent.Unknown _ ->
                                open;
                    };
        };
    }

    private List<Long> proposalsAfter(LogEntry entry) {
        return switch (entry.kind()) {
            case APPLICATION -> proposals;
            case CONTROL ->
                    entry.voided()
                            .map(event ->
                                    provisional
                                            .at(event.position())
                                            .map(ProvisionalCommit::proposals)
                                            .orElse(List.of()))
                            .orElse(proposals);
            case COMMIT -> List.of();
            case PROPOSAL -> {
                if (proposals.size() >= GroupSnapshot.PROPOSALS_MAX) {
                    yield proposals;
                }
                var more = new ArrayList<Long>(proposals.size() + 1);
                more.addAll(proposals);
                more.add(entry.position());
                yield List.copyOf(more);
            }
        };
    }

    /// The head after an entry of this kind with these bytes.
    Bytes headAfter(EntryKind kind, Bytes sha256) {
        return GroupHead.next(logPosition.head(), group, logPosition.position() + 1, kind, sha256);
    }

    /// Whether the log ends at this state, with the same history.
    public boolean isAt(GroupTail tail) {
        return tail.last().equals(logPosition) && tail.epoch() == epoch;
    }

    /// Whether a log with this tail cannot contain this state: it went backwards or differs.
    public boolean contradicts(GroupTail tail) {
        return !tail.last().incarnation().equals(logPosition.incarnation())
                || tail.position() < logPosition.position()
                || (tail.position() == logPosition.position() && !isAt(tail));
    }

    /// This state with the first retained position that the log returned.
    public GroupState retaining(long first) {
        return first == firstRetained
                ? this
                : new GroupState(
                        group,
                        logPosition,
                        epoch,
                        first,
                        policy,
                        roster,
                        recent,
                        keys,
                        proposals,
                        provisional,
                        succession,
                        frozenAt,
                        departures,
                        limits);
    }

    /// This state with the memberships that the log returned.
    public GroupState withMembers(
            Map<MemberId, Optional<Membership>> members, Map<UserPseudonym, Boolean> owners) {
        return new GroupState(
                group,
                logPosition,
                epoch,
                firstRetained,
                policy,
                roster.withMembers(members, owners),
                recent,
                keys,
                proposals,
                provisional,
                succession,
                frozenAt,
                departures,
                limits);
    }

    /// Whether the operator has frozen the group.
    public boolean isFrozen() {
        return frozenAt > 0;
    }

    public GroupTail tail() {
        return new GroupTail(logPosition, epoch, firstRetained);
    }

    /// What is known of an earlier entry with the submission's bytes, from memory or from a lookup
    /// in the log.
    public DuplicateCheck duplicateCheck(KeyedSubmission keyed, long headerEpoch) {
        var found = keys.find(keyed.key());
        if (found.isPresent()) {
            long position = found.get().position();
            var entry = recent.at(position);
            if (entry.isPresent()) {
                var there =
                        new LogPosition(logPosition.incarnation(), position, entry.get().head());
                return new DuplicateCheck.FoundAt(there, found.get().epochAfter());
            }
            return keyed.duplicateCheck() instanceof DuplicateCheck.FoundAt at
                    ? new DuplicateCheck.FoundAt(at.logPosition(), found.get().epochAfter())
                    : new DuplicateCheck.MustAskLog(OptionalLong.of(position));
        }
        return switch (keyed.duplicateCheck()) {
            case DuplicateCheck.FoundAt at -> at;
            case DuplicateCheck.AbsentUpTo none when none.position() >= keys.floor() -> none;
            case DuplicateCheck.AbsentUpTo _,
                    DuplicateCheck.NotChecked _,
                    DuplicateCheck.MustAskLog _ ->
                    keys.covers(headerEpoch) && isNew(headerEpoch)
                            ? new DuplicateCheck.AbsentUpTo(logPosition.position())
                            : new DuplicateCheck.MustAskLog(OptionalLong.empty());
        };
    }

    /// Whether no entry of this epoch is older than the resend keys in memory. Entries of an epoch
    /// that a void has ended may be: the group reaches that epoch again.
    private boolean isNew(long headerEpoch) {
        return keys.floor() == 0
                || Long.compareUnsigned(headerEpoch, provisional.voidedEpochMax()) > 0;
    }

    /// Approximate memory of this state, for the limit over all groups.
    public long approximateBytes() {
        return STATE_BYTES
                + recent.entries().stream().mapToLong(LogEntry::heldBytes).sum()
                + (long) recent.entries().size() * ENTRY_BYTES
                + (long) keys.size() * ResendKeys.KEY_BYTES
                + (long) proposals.size() * POSITION_BYTES
                + provisional.heldBytes()
                + (long) departures.clients().size() * DEPARTURE_BYTES
                + (long) roster.size() * KnownMembers.MEMBER_BYTES;
    }

    /// The epoch before the first of these entries: the header of an entry that changes the epoch
    /// names the epoch before it.
    private static long epochBefore(List<LogEntry> entries, long after) {
        return entries.stream()
                .filter(LogEntry::changesEpoch)
                .findFirst()
                .map(LogEntry::epoch)
                .orElse(after);
    }

    private static boolean epochFits(LogEntry entry, long groupEpoch) {
        return switch (entry.kind()) {
            case COMMIT, PROPOSAL, CONTROL -> entry.epoch() == groupEpoch;
            case APPLICATION -> Long.compareUnsigned(entry.epoch(), groupEpoch) <= 0;
        };
    }

    private static boolean invariants(
            LogPosition logPosition, RecentEntries recent, ResendKeys keys) {
        var entries = recent.entries();
        return entries.isEmpty()
                || (entries.getLast().position() == logPosition.position()
                        && keys.floor() < entries.getFirst().position());
    }
}
