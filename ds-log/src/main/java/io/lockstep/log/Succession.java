package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import java.util.Optional;

/// Who created a group, and in favour of which group it has ended (RFC 9420 §11.2).
///
/// @param creatorOwner the user that created it; empty for a group of an older release
/// @param successor the first successor in the log; nothing is appended after it
public record Succession(Optional<UserPseudonym> creatorOwner, Optional<GroupId> successor) {
    public static final Succession UNKNOWN = new Succession(Optional.empty(), Optional.empty());

    public static Succession createdBy(UserPseudonym owner) {
        return new Succession(Optional.of(owner), Optional.empty());
    }

    /// Whether this user created the group.
    public boolean isCreators(UserPseudonym owner) {
        return creatorOwner.filter(owner::equals).isPresent();
    }

    public Succession endedFor(GroupId group) {
        return new Succession(creatorOwner, Optional.of(group));
    }
}
