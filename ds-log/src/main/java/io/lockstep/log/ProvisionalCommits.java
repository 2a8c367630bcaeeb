package io.lockstep.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The provisional commits of a group, oldest first: those that a void can still undo. A function
/// of the log.
///
/// ```
/// commits.size() ≤ COMMITS_MAX        names ≤ NAMES_MAX        proposals ≤ PROPOSALS_MAX
/// ```
///
/// @param voidedEpochMax the highest epoch that a void has ended; 0 when none has. Entries of epochs
///     up to it may have been appended before the group last reached that epoch.
/// @param members number of members of the group after them; counted only where commits can be
///     provisional
public record ProvisionalCommits(
        List<ProvisionalCommit> commits, long voidedEpochMax, long members) {
    /// Of a new group: its creator is the only member.
    public static final ProvisionalCommits NONE = new ProvisionalCommits(List.of(), 0, 1);

    /// Commits, each on the one before, of which no other member has seen any.
    public static final int COMMITS_MAX = 64;

    /// Members that all of them add or remove. Also the most that one provisional commit may change.
    public static final int NAMES_MAX = LogLimits.BATCH_NAMES_MAX;

    /// Proposals before them.
    public static final int PROPOSALS_MAX = GroupSnapshot.PROPOSALS_MAX;

    /// When the limits are reached, a commit of this age is confirmed by the next one. A member that a
    /// commit added may confirm it from this age on: until then the others can reject it.
    public static final Duration AGE = Duration.ofHours(1);

    private static final long COMMIT_BYTES = 200;
    private static final long NAME_BYTES = 200;
    private static final long POSITION_BYTES = 24;

    public ProvisionalCommits {
        commits = List.copyOf(commits);
        assert commits.isEmpty() || commits.size() == 1 || fits(commits);
    }

    public boolean isEmpty() {
        return commits.isEmpty();
    }

    /// Approximate memory, for the limit over all groups.
    public long heldBytes() {
        return commits.stream()
                .mapToLong(commit ->
                        COMMIT_BYTES
                                + NAME_BYTES * (commit.change().size() + commit.rejectedBy().size())
                                + POSITION_BYTES * commit.proposals().size())
                .sum();
    }

    public Optional<ProvisionalCommit> at(long position) {
        return commits.stream().filter(commit -> commit.position() == position).findFirst();
    }

    /// The newest commit up to a position that this member confirms by acknowledging the position.
    ///
    /// @return 0 for none
    public long confirmedByAck(MemberId member, long position, long nowMillis) {
        return newest(
                confirmable(member, nowMillis).filter(commit -> commit.position() <= position));
    }

    /// The commits that the member may confirm: those after its own newest one, and before the first
    /// one that it has rejected, or that has just added it. Its own newest one may be an external
    /// commit: then the member has not processed the commits before it.
    private Stream<ProvisionalCommit> confirmable(MemberId member, long nowMillis) {
        int own = -1;
        int end = 0;
        while (end < commits.size()
                && !commits.get(end).rejectedBy().contains(member)
                && !hasJustAdded(commits.get(end), member, nowMillis)) {
            own = commits.get(end).author().equals(member) ? end : own;
            end++;
        }
        boolean ownIsLater =
                commits.stream().skip(end).anyMatch(commit -> commit.author().equals(member));
        return ownIsLater ? Stream.empty() : commits.subList(own + 1, end).stream();
    }

    private static boolean hasJustAdded(ProvisionalCommit commit, MemberId member, long nowMillis) {
        return commit.isJoiner(member) && nowMillis - commit.acceptedAtMillis() < AGE.toMillis();
    }

    /// The newest commit that this member confirms by a message of an epoch after it. A message of
    /// an epoch that a void has ended confirms nothing: it may be of the void epoch, and not of the
    /// one that has its number now.
    ///
    /// @return 0 for none
    public long confirmedByMessage(MemberId member, long epoch, long nowMillis) {
        return Long.compareUnsigned(epoch, voidedEpochMax) <= 0 && voidedEpochMax != 0
                ? 0
                : newest(
                        confirmable(member, nowMillis)
                                .filter(commit -> Long.compareUnsigned(commit.epoch(), epoch) < 0));
    }

    /// The newest commit before a position that this member confirms by rejecting the commit there.
    ///
    /// @return 0 for none
    public long confirmedByRejection(MemberId member, long position, long nowMillis) {
        return newest(
                confirmable(member, nowMillis).filter(commit -> commit.position() < position));
    }

    /// The newest commit that must be confirmed so that one more fits.
    ///
    /// @param names the members that it changes
    /// @param proposals the proposals before it
    /// @return 0 for none
    public long confirmedByLimits(int names, int proposals) {
        return newest(overflow(names, proposals).stream());
    }

    /// The oldest commits that must be confirmed so that one more fits.
    private List<ProvisionalCommit> overflow(int names, int proposals) {
        int count = 0;
        while (count < commits.size()
                && !fits(commits.subList(count, commits.size()), names, proposals)) {
            count++;
        }
        return commits.subList(0, count);
    }

    private static long newest(Stream<ProvisionalCommit> commits) {
        return commits.mapToLong(ProvisionalCommit::position).max().orElse(0);
    }

    /// These without those that an entry confirms.
    public ProvisionalCommits confirmed(long position) {
        return position == 0
                ? this
                : with(commits.stream().filter(commit -> commit.position() > position).toList());
    }

    /// These with one more. The oldest are confirmed where the limits ask for it.
    public ProvisionalCommits with(ProvisionalCommit added) {
        int gone = overflow(added.change().size(), added.proposals().size()).size();
        var all = new ArrayList<>(commits.subList(gone, commits.size()));
        all.add(added);
        return new ProvisionalCommits(all, voidedEpochMax, members + growth(added));
    }

    /// Whether a member commits alone.
    public boolean isAlone(MemberId author, RosterDelta change) {
        return members == 1 && !change.added().containsKey(author);
    }

    /// By how many members a commit makes the group grow. Its change is exact.
    private static long growth(ProvisionalCommit commit) {
        var change = commit.change();
        long added =
                change.added().keySet().stream()
                        .filter(m -> ProvisionalCommit.isNew(change, m))
                        .filter(m -> !commit.left().contains(m))
                        .count();
        long removed =
                change.removed().stream()
                        .filter(m -> !change.added().containsKey(m))
                        .filter(m -> !commit.left().contains(m))
                        .count();
        return added - removed;
    }

    /// Whether one more commit fits, or the oldest ones are old enough to be confirmed by it.
    ///
    /// @param names the members that it changes
    /// @param proposals the proposals before it
    public boolean hasRoom(int names, int proposals, long nowMillis) {
        return overflow(names, proposals).stream()
                .allMatch(commit -> nowMillis - commit.acceptedAtMillis() >= AGE.toMillis());
    }

    private static boolean fits(List<ProvisionalCommit> all) {
        var last = all.getLast();
        return fits(all.subList(0, all.size() - 1), last.change().size(), last.proposals().size());
    }

    private static boolean fits(List<ProvisionalCommit> before, int names, int proposals) {
        return before.size() < COMMITS_MAX
                && before.stream().mapToInt(commit -> commit.change().size()).sum() + names
                        <= NAMES_MAX
                && before.stream().mapToInt(commit -> commit.proposals().size()).sum() + proposals
                        <= PROPOSALS_MAX;
    }

    /// These with one more rejection.
    public ProvisionalCommits rejected(long position, MemberId by) {
        return with(
                commits.stream()
                        .map(commit ->
                                commit.position() == position ? rejected(commit, by) : commit)
                        .toList());
    }

    private static ProvisionalCommit rejected(ProvisionalCommit commit, MemberId by) {
        var all = new HashSet<>(commit.rejectedBy());
        all.add(by);
        return new ProvisionalCommit(
                commit.position(),
                commit.epoch(),
                commit.acceptedAtMillis(),
                commit.author(),
                commit.alone(),
                commit.change(),
                commit.proposals(),
                all,
                commit.left());
    }

    /// These after a member has left. It stays away when the commits that added or removed it are
    /// void.
    public ProvisionalCommits left(MemberId member) {
        return new ProvisionalCommits(
                commits.stream().map(commit -> commit.left(member)).toList(),
                voidedEpochMax,
                members - 1);
    }

    /// These without the voided ones.
    ///
    /// @param position the first voided commit
    /// @param endedEpoch the group's epoch before the void
    public ProvisionalCommits voided(long position, long endedEpoch) {
        long voidedGrowth =
                commits.stream()
                        .filter(commit -> commit.position() >= position)
                        .mapToLong(ProvisionalCommits::growth)
                        .sum();
        return new ProvisionalCommits(
                commits.stream().filter(commit -> commit.position() < position).toList(),
                Math.max(voidedEpochMax, endedEpoch),
                members - voidedGrowth);
    }

    /// The roster change that undoes the commits from a position on. Their changes are exact: each
    /// names only members that it changes.
    public RosterDelta undone(long position) {
        var before = new HashMap<MemberId, Boolean>();
        var members = new HashSet<MemberId>();
        for (var commit : commits) {
            if (commit.position() >= position) {
                var change = commit.change();
                change.names()
                        .filter(m -> !commit.left().contains(m))
                        .forEach(m -> before.putIfAbsent(m, change.removed().contains(m)));
                members.removeAll(change.removed());
                members.addAll(change.added().keySet());
            }
        }
        var removed = new HashSet<MemberId>();
        var restored = new HashSet<MemberId>();
        before.forEach((member, wasMember) -> {
            if (members.contains(member) && !wasMember) {
                removed.add(member);
            } else if (!members.contains(member) && wasMember) {
                restored.add(member);
            }
        });
        return RosterDelta.undoing(removed, restored, position);
    }

    private ProvisionalCommits with(List<ProvisionalCommit> next) {
        return next.equals(commits) ? this : new ProvisionalCommits(next, voidedEpochMax, members);
    }
}
