package io.lockstep.gateway.session;

import io.lockstep.wire.mls.GroupId;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The request of the newest attach, for each group that one session is attached to or is about to be. Most
/// have one group, and it is held without a map.
///
/// `more ≠ null ⇒ only = null`
final class AttachRequestIds {
    /// The group, while there is one only.
    private @Nullable GroupId only;

    private long onlyRequest;

    /// All of them, since there was a second one.
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

    /// From now on the group is known by an equal id: one that thousands share.
    void share(GroupId group) {
        if (contains(group)) {
            put(group, remove(group));
        }
    }

    /// @return the request; 0 when the group is not here, or its attach had none
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
