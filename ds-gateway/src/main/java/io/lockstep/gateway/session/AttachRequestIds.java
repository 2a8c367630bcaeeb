package io.lockstep.gateway.session;

import io.lockstep.wire.mls.GroupId;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The request id of the newest attach of each group that one session is attached to or attaching
/// to. Most sessions have one group, which is stored without a map.
///
/// `byGroup ≠ null ⇒ single = null`
final class AttachRequestIds {
    /// The group, if there is exactly one.
    private @Nullable GroupId single;

    private long singleRequest;

    /// All groups, from the second one on.
    private @Nullable Map<GroupId, Long> byGroup;

    int size() {
        return byGroup != null ? byGroup.size() : single != null ? 1 : 0;
    }

    boolean contains(GroupId group) {
        return byGroup != null ? byGroup.containsKey(group) : group.equals(single);
    }

    void put(GroupId group, long request) {
        if (byGroup != null) {
            byGroup.put(group, request);
        } else if (single == null || single.equals(group)) {
            single = group;
            singleRequest = request;
        } else {
            byGroup = new HashMap<>(4);
            byGroup.put(single, singleRequest);
            byGroup.put(group, request);
            single = null;
        }
        assert invariants();
    }

    private boolean invariants() {
        return byGroup == null || single == null;
    }

    /// Replaces the group id by this equal instance, which thousands of sessions share.
    void share(GroupId group) {
        if (contains(group)) {
            put(group, remove(group));
        }
    }

    /// @return the request id; 0 if the group is absent or its attach had none
    long remove(GroupId group) {
        if (byGroup != null) {
            var request = byGroup.remove(group);
            return request == null ? 0 : request;
        }
        if (group.equals(single)) {
            single = null;
            return singleRequest;
        }
        return 0;
    }
}
