package io.lockstep.log.memory;

import io.lockstep.log.LogLimits;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The memberships of a group with their visible ranges (invariant I9). It includes recently
/// removed members, so that they can still receive the entries up to their removal.
///
/// Threads: *confined* to its group's lock.
final class MemoryRoster {
    private final LogLimits limits;
    private final Map<MemberId, Membership> members = new HashMap<>();
    private final Map<UserPseudonym, Integer> devices = new HashMap<>();

    /// Removed members, in the order of their removal.
    private final LinkedHashMap<MemberId, Membership> former = new LinkedHashMap<>();

    MemoryRoster(LogLimits limits, MemberId creator, UserPseudonym owner) {
        this.limits = limits;
        add(creator, owner, 1);
    }

    Optional<Membership> find(MemberId member) {
        var current = members.get(member);
        return Optional.ofNullable(current != null ? current : former.get(member));
    }

    boolean hasDeviceOf(UserPseudonym owner) {
        return devices.containsKey(owner);
    }

    /// The number of members after a change of a roster of this size.
    int sizeAfter(int size, RosterDelta change) {
        int gone = (int) change.removed().stream().filter(members::containsKey).count();
        int come =
                (int)
                        change.added().keySet().stream()
                                .filter(m ->
                                        !members.containsKey(m) || change.removed().contains(m))
                                .count();
        int back = (int) change.restored().stream().filter(m -> isRestored(change, m)).count();
        return size - gone + come + back;
    }

    /// The number of users with current members.
    int users() {
        return devices.size();
    }

    int size() {
        return members.size();
    }

    private boolean isRestored(RosterDelta change, MemberId member) {
        var membership = former.get(member);
        return membership != null && membership.lastVisible() >= change.restoredSince();
    }

    /// Applies the change of the commit or void at the position.
    void apply(RosterDelta change, long position) {
        for (var member : change.removed()) {
            var membership = members.remove(member);
            if (membership != null) {
                former.put(member, membership.removedAt(position));
                devices.computeIfPresent(
                        membership.owner(), (_, count) -> count == 1 ? null : count - 1);
            }
        }
        change.added()
                .forEach((member, owner) -> {
                    if (!members.containsKey(member)) {
                        add(member, owner, position + 1);
                    }
                });
        for (var member : change.restored()) {
            var membership = former.get(member);
            if (membership != null && isRestored(change, member)) {
                add(member, membership.owner(), membership.firstVisible());
            }
        }
        var oldest = former.keySet().iterator();
        while (former.size() > limits.formerMembersMax()) {
            oldest.next();
            oldest.remove();
        }
    }

    private void add(MemberId member, UserPseudonym owner, long firstVisible) {
        former.remove(member);
        members.put(member, new Membership(owner, firstVisible, Membership.OPEN));
        devices.merge(owner, 1, Integer::sum);
    }

    /// Deletes former members that may see no retained entry.
    void trimmed(long firstRetained) {
        former.values().removeIf(membership -> membership.lastVisible() < firstRetained);
    }
}
