package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A cache of the groups that this node has recently seen in the store, with their incarnations. A
/// store that does not have one of them, or holds another incarnation, has lost history and is not
/// trusted.
///
/// Threads: *thread-safe*. Bounded in count: the least recently seen group is evicted first.
public final class KnownIncarnations {
    /// About 250 bytes each: 5 MB at most.
    public static final int DEFAULT_MAX = 20_000;

    private final Map<GroupId, Bytes> incarnations;

    public KnownIncarnations(int groupsMax) {
        incarnations =
                new LinkedHashMap<>(16, 0.75f, true) {
                    @Override
                    protected boolean removeEldestEntry(Map.Entry<GroupId, Bytes> eldest) {
                        return size() > groupsMax;
                    }
                };
    }

    /// The store has the group. The first seen incarnation is kept, because another one is another
    /// history.
    public synchronized void seen(GroupId group, Bytes incarnation) {
        incarnations.putIfAbsent(group, incarnation);
    }

    /// The incarnation under which the group was seen.
    public synchronized Optional<Bytes> incarnation(GroupId group) {
        return Optional.ofNullable(incarnations.get(group));
    }

    /// The group was deleted under this incarnation.
    public synchronized void forget(GroupId group, Bytes incarnation) {
        incarnations.remove(group, incarnation);
    }

    public synchronized boolean isRemembered(GroupId group) {
        return incarnations.get(group) != null;
    }

    /// Whether the group was seen under another incarnation than this one.
    public synchronized boolean contradicts(GroupId group, Bytes incarnation) {
        var seen = incarnations.get(group);
        return seen != null && !seen.equals(incarnation);
    }
}
