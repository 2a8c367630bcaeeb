package io.lockstep.directory;

import java.util.Set;
import java.util.TreeSet;

/// Which users may claim a user's KeyPackages, and add its devices by a Welcome. The user's own
/// devices always may.
///
/// @param users the users that may claim when only listed ones may; else empty
public record ClaimPolicy(Allow allow, Set<String> users) {
    public static final ClaimPolicy ANYONE = new ClaimPolicy(Allow.ANYONE, Set.of());
    public static final int USERS_MAX = 1_000;

    public enum Allow {
        ANYONE,
        LISTED,
        NOBODY
    }

    public ClaimPolicy {
        users = java.util.Collections.unmodifiableSet(new TreeSet<>(users));
        if (users.size() > USERS_MAX || (allow != Allow.LISTED && !users.isEmpty())) {
            throw new IllegalArgumentException(
                    "a policy lists at most " + USERS_MAX + " users, and only with LISTED");
        }
    }

    /// Whether this policy of `owner` lets `requester` claim and add. Both are users.
    public boolean lets(String requester, String owner) {
        return requester.equals(owner)
                || switch (allow) {
                    case ANYONE -> true;
                    case LISTED -> users.contains(requester);
                    case NOBODY -> false;
                };
    }
}
