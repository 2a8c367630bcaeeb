package io.lockstep.ordering.state;

import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The known part of a group's roster: the memberships that were looked up since the roster was
/// read, kept current by later entries. A group of 50,000 members costs only the memory of its
/// active authors, and an outsider costs one lookup.
///
/// An answer of the log may be newer than the state that stores it, because the log was asked
/// later. It may already include changes of entries that the state has not applied; [#after]
/// applies no change twice.
///
/// Immutable; a [HashTrie] of the members' ids, which are hashes.
public final class KnownMembers {
    /// Maximum number of known members. Beyond it all are discarded and looked up again.
    public static final int KNOWN_MAX = 16_384;

    /// Leaf 24, membership 40, owner 32, optional 16, its share of the branches about 30.
    static final int MEMBER_BYTES = 150;

    static final KnownMembers NONE =
            new KnownMembers(HashTrie.empty(KnownMembers::nibble), Map.of());

    private final HashTrie<MemberId, MemberTrieLeaf> members;

    /// Whether a user has a device in the group, as of the last change of the roster.
    private final Map<UserPseudonym, Boolean> owners;

    private KnownMembers(
            HashTrie<MemberId, MemberTrieLeaf> members, Map<UserPseudonym, Boolean> owners) {
        this.members = members;
        this.owners = owners;
    }

    static KnownMembers ofCreator(MemberId creator, UserPseudonym owner) {
        return NONE.with(creator, Optional.of(new Membership(owner, 1, Membership.OPEN)));
    }

    public int size() {
        return members.size();
    }

    boolean knows(MemberId member) {
        return leaf(member) != null;
    }

    boolean knowsOwner(UserPseudonym owner) {
        return owners.containsKey(owner);
    }

    /// @throws IllegalStateException when it was not looked up
    public Optional<Membership> find(MemberId member) {
        var leaf = leaf(member);
        if (leaf == null) {
            throw new IllegalStateException("the membership was not looked up");
        }
        return leaf.membership;
    }

    public boolean isMember(MemberId member) {
        return find(member).filter(Membership::isCurrent).isPresent();
    }

    /// Whether any current member is a device of this user.
    ///
    /// @throws IllegalStateException when it was not looked up
    boolean hasDeviceOf(UserPseudonym owner) {
        var has = owners.get(owner);
        if (has == null) {
            throw new IllegalStateException("the user's devices were not looked up");
        }
        return has;
    }

    /// This roster with the answers of the log.
    public KnownMembers withMembers(
            Map<MemberId, Optional<Membership>> asked, Map<UserPseudonym, Boolean> devices) {
        var next =
                size() + asked.size() > KNOWN_MAX || owners.size() + devices.size() > KNOWN_MAX
                        ? NONE
                        : this;
        var known = new HashMap<>(next.owners);
        known.putAll(devices);
        for (var one : asked.entrySet()) {
            next = next.with(one.getKey(), one.getValue());
        }
        return new KnownMembers(next.members, Map.copyOf(known));
    }

    /// The change without names that it does not change: it removes current members only, and adds
    /// only others, or those that it removes. Such a change can be undone exactly. It also names
    /// clients that have left, to state that their leaves are removed.
    ///
    /// @param change all names were looked up
    RosterDelta exact(RosterDelta change, Set<MemberId> departed) {
        var removed = new HashSet<>(change.removed());
        removed.removeIf(member -> !isMember(member) && !departed.contains(member));
        var added = new HashMap<>(change.added());
        added.keySet().removeIf(member -> isMember(member) && !removed.contains(member));
        return new RosterDelta(added, removed);
    }

    /// This roster after the commit or void at the position.
    KnownMembers after(RosterDelta change, long position) {
        if (change.isEmpty()) {
            return this;
        }
        if (change.addedApart() > 0) {
            return NONE;
        }
        var next = new KnownMembers(members, Map.of());
        for (var member : change.removed()) {
            var leaf = next.leaf(member);
            if (leaf != null
                    && leaf.membership.isPresent()
                    && leaf.membership.get().isCurrent()
                    && leaf.membership.get().firstVisible() <= position) {
                next = next.with(member, Optional.of(leaf.membership.get().removedAt(position)));
            }
        }
        for (var member : change.restored()) {
            var leaf = next.leaf(member);
            if (leaf != null) {
                next = next.with(member, leaf.membership.map(m -> restored(m, change, position)));
            }
        }
        for (var added : change.added().entrySet()) {
            var leaf = next.leaf(added.getKey());
            if (leaf != null
                    && leaf.membership.map(m -> m.lastVisible() <= position).orElse(true)) {
                next =
                        next.with(
                                added.getKey(),
                                Optional.of(
                                        new Membership(
                                                added.getValue(), position + 1, Membership.OPEN)));
            }
        }
        return next;
    }

    private static Membership restored(Membership former, RosterDelta change, long position) {
        return former.lastVisible() >= change.restoredSince() && former.lastVisible() < position
                ? new Membership(former.owner(), former.firstVisible(), Membership.OPEN)
                : former;
    }

    private KnownMembers with(MemberId member, Optional<Membership> membership) {
        return new KnownMembers(members.with(new MemberTrieLeaf(member, membership)), owners);
    }

    private @Nullable MemberTrieLeaf leaf(MemberId member) {
        return members.find(member);
    }

    private record MemberTrieLeaf(MemberId key, Optional<Membership> membership)
            implements HashTrie.Leaf<MemberId> {}

    private static int nibble(MemberId member, int depth) {
        long half = depth < 16 ? member.high() : member.low();
        return (int) (half >>> (60 - 4 * (depth & 15))) & 0xf;
    }
}
