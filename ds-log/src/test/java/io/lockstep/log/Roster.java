package io.lockstep.log;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The memberships of a group with their visible ranges (invariant I9). It includes removed
/// members, so that they can still receive the entries up to their removal.
public record Roster(Map<MemberId, Membership> memberships) {
    public Roster {
        memberships = Map.copyOf(memberships);
    }

    public static Roster ofCreator(MemberId creator, UserPseudonym owner) {
        return new Roster(Map.of(creator, new Membership(owner, 1, Membership.OPEN)));
    }

    /// The answers of a log about all of them.
    public Map<MemberId, Optional<Membership>> answers() {
        var answers = new HashMap<MemberId, Optional<Membership>>();
        memberships.forEach((member, membership) -> answers.put(member, Optional.of(membership)));
        return answers;
    }

    public Optional<Membership> find(MemberId member) {
        return Optional.ofNullable(memberships.get(member));
    }

    public Set<MemberId> current() {
        return memberships.keySet().stream().filter(this::isMember).collect(Collectors.toSet());
    }

    public boolean isMember(MemberId member) {
        var membership = memberships.get(member);
        return membership != null && membership.isCurrent();
    }

    /// Whether any current member is a device of this user.
    public boolean hasDeviceOf(UserPseudonym owner) {
        return memberships.values().stream()
                .anyMatch(m -> m.isCurrent() && m.owner().equals(owner));
    }

    /// The roster after the commit or void at `position`.
    public Roster after(RosterDelta change, long position) {
        if (change.isEmpty()) {
            return this;
        }
        var next = new HashMap<>(memberships);
        for (var member : change.removed()) {
            next.computeIfPresent(member, (_, m) -> m.isCurrent() ? m.removedAt(position) : m);
        }
        for (var member : change.restored()) {
            next.computeIfPresent(
                    member,
                    (_, m) ->
                            m.isCurrent() || m.lastVisible() < change.restoredSince()
                                    ? m
                                    : new Membership(m.owner(), m.firstVisible(), Membership.OPEN));
        }
        change.added()
                .forEach((member, owner) -> {
                    var before = next.get(member);
                    if (before == null || !before.isCurrent()) {
                        next.put(member, new Membership(owner, position + 1, Membership.OPEN));
                    }
                });
        return new Roster(next);
    }
}
