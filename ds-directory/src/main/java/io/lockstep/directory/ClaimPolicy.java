package io.lockstep.directory;

import java.util.Set;
import java.util.TreeSet;

/// Whom a user lets claim its KeyPackages. Its own devices always may.
///
/// @param users who may where only listed users may; empty otherwise
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
                    "users are at most " + USERS_MAX + ", and only where listed ones may claim");
        }
    }

    boolean lets(String requester, String owner) {
        return requester.equals(owner)
                || switch (allow) {
                    case ANYONE -> true;
                    case LISTED -> users.contains(requester);
                    case NOBODY -> false;
                };
    }
}
