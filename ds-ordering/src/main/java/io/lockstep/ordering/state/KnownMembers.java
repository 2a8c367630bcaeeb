package io.lockstep.ordering.state;

import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.OwnerId;
import io.lockstep.log.RosterChange;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is known of a group's roster: who was asked about since it was read, kept current by the entries that
/// followed. A group of 50,000 costs what those cost who submit, and an outsider costs one question.
///
/// An answer of the log may be newer than the state that it is kept in: the log was asked later. It may
/// already show changes of entries that the state has not seen; [#after] makes no such change twice.
///
/// Immutable; a 16-way trie over the nibbles of the member's id, which is a hash.
public final class KnownMembers {
    /// Known ones, beyond which all are forgotten and asked about again.
    public static final int KNOWN_MAX = 16_384;

    /// Leaf 24, membership 40, owner 32, optional 16, its share of the branches about 30.
    static final int MEMBER_BYTES = 150;

    static final KnownMembers NONE = new KnownMembers(Branch.EMPTY, 0, Map.of());

    private final Branch root;
    private final int size;

    /// Whether a user has a device in the group, as of the last change of the roster.
    private final Map<OwnerId, Boolean> owners;

    private KnownMembers(Branch root, int size, Map<OwnerId, Boolean> owners) {
        this.root = root;
        this.size = size;
        this.owners = owners;
    }

    static KnownMembers ofCreator(MemberId creator, OwnerId owner) {
        return NONE.with(creator, Optional.of(new Membership(owner, 1, Membership.OPEN)));
    }

    public int size() {
        return size;
    }

    boolean knows(MemberId member) {
        return leaf(member) != null;
    }

    boolean knowsOwner(OwnerId owner) {
        return owners.containsKey(owner);
    }

    /// @throws IllegalStateException when it was not asked about
    public Optional<Membership> find(MemberId member) {
        var leaf = leaf(member);
        if (leaf == null) {
            throw new IllegalStateException("a membership that nobody asked about");
        }
        return leaf.membership;
    }

    public boolean isMember(MemberId member) {
        return find(member).filter(Membership::isCurrent).isPresent();
    }

    /// Whether any current member is a device of this user.
    ///
    /// @throws IllegalStateException when it was not asked about
    boolean hasDeviceOf(OwnerId owner) {
        var has = owners.get(owner);
        if (has == null) {
            throw new IllegalStateException("a user's devices that nobody asked about");
        }
        return has;
    }

    /// With what the log answered.
    public KnownMembers told(
            Map<MemberId, Optional<Membership>> members, Map<OwnerId, Boolean> devices) {
        var next =
                size + members.size() > KNOWN_MAX || owners.size() + devices.size() > KNOWN_MAX
                        ? NONE
                        : this;
        var known = new HashMap<>(next.owners);
        known.putAll(devices);
        for (var one : members.entrySet()) {
            next = next.with(one.getKey(), one.getValue());
        }
        return new KnownMembers(next.root, next.size, Map.copyOf(known));
    }

    /// After the commit at the position.
    KnownMembers after(RosterChange change, long position) {
        if (change.isEmpty()) {
            return this;
        }
        if (change.addedApart() > 0) {
            return NONE;
        }
        var next = new KnownMembers(root, size, Map.of());
        for (var member : change.removed()) {
            var leaf = next.leaf(member);
            if (leaf != null
                    && leaf.membership.isPresent()
                    && leaf.membership.get().isCurrent()
                    && leaf.membership.get().firstVisible() <= position) {
                next = next.with(member, Optional.of(leaf.membership.get().removedAt(position)));
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

    private KnownMembers with(MemberId member, Optional<Membership> membership) {
        boolean known = knows(member);
        return new KnownMembers(
                root.with(new Leaf(member, membership), 0), known ? size : size + 1, owners);
    }

    private @Nullable Leaf leaf(MemberId member) {
        Node node = root;
        for (int depth = 0; node instanceof Branch branch; depth++) {
            node = branch.children[nibble(member, depth)];
        }
        return node instanceof Leaf leaf && leaf.member.equals(member) ? leaf : null;
    }

    private sealed interface Node {}

    private record Leaf(MemberId member, Optional<Membership> membership) implements Node {}

    /// Not a record: it holds an array, which nobody writes to once it is reachable.
    private static final class Branch implements Node {
        static final Branch EMPTY = new Branch(new @Nullable Node[16]);

        private final @Nullable Node[] children;

        private Branch(@Nullable Node[] children) {
            this.children = children;
        }

        Branch with(Leaf leaf, int depth) {
            var next = children.clone();
            int i = nibble(leaf.member, depth);
            next[i] =
                    switch (next[i]) {
                        case null -> leaf;
                        case Branch branch -> branch.with(leaf, depth + 1);
                        case Leaf other when other.member.equals(leaf.member) -> leaf;
                        case Leaf other -> EMPTY.with(other, depth + 1).with(leaf, depth + 1);
                    };
            return new Branch(next);
        }
    }

    private static int nibble(MemberId member, int depth) {
        long half = depth < 16 ? member.high() : member.low();
        return (int) (half >>> (60 - 4 * (depth & 15))) & 0xf;
    }
}
