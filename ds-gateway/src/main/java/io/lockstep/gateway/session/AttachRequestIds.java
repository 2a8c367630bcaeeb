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
    private @Nullable GroupId only;

    private long onlyRequest;

    /// All groups, from the second one on.
    private @Nullable Map<GroupId, Long> more;

    int size() {
        return more != null ? more.size() : only != null ? 1 : 0;
    }

    boolean contains(GroupId group) {
        return more != null ? more.containsKey(group) : group.equals(only);
    }

    void put(GroupId group, long request) {
        if (more != null) {
            more.put(group, request);
        } else if (only == null || only.equals(group)) {
            only = group;
            onlyRequest = request;
        } else {
            more = new HashMap<>(4);
            more.put(only, onlyRequest);
            more.put(group, request);
            only = null;
        }
    }

    /// Replaces the group id by this equal instance, which thousands of sessions share.
    void share(GroupId group) {
        if (contains(group)) {
            put(group, remove(group));
        }
    }

    /// @return the request id; 0 if the group is absent or its attach had none
    long remove(GroupId group) {
        if (more != null) {
            var request = more.remove(group);
            return request == null ? 0 : request;
        }
        if (group.equals(only)) {
            only = null;
            return onlyRequest;
        }
        return 0;
    }
}
