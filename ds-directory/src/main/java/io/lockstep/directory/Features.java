package io.lockstep.directory;

import io.lockstep.wire.mls.Capabilities;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/// Extension, proposal and credential types that a client supports, or that a group requires of its
/// members (RequiredCapabilities, RFC 9420 §11.1). The default types of RFC 9420 are omitted,
/// because every client supports them and none lists them (§7.2).
public record Features(Set<Integer> extensions, Set<Integer> proposals, Set<Integer> credentials) {
    /// The extension types of RFC 9420 §17.3.
    private static final int EXTENSION_DEFAULT_MAX = 5;

    /// The proposal types of RFC 9420 §17.4.
    private static final int PROPOSAL_DEFAULT_MAX = 7;

    public static final Features NONE = new Features(Set.of(), Set.of(), Set.of());

    public Features {
        extensions = beyond(EXTENSION_DEFAULT_MAX, extensions);
        proposals = beyond(PROPOSAL_DEFAULT_MAX, proposals);
        credentials = beyond(0, credentials);
    }

    public static Features of(Capabilities capabilities) {
        return new Features(
                Set.copyOf(capabilities.extensions()),
                Set.copyOf(capabilities.proposals()),
                Set.copyOf(capabilities.credentials()));
    }

    public boolean isNone() {
        return equals(NONE);
    }

    public boolean cover(Features needed) {
        return extensions.containsAll(needed.extensions)
                && proposals.containsAll(needed.proposals)
                && credentials.containsAll(needed.credentials);
    }

    static boolean isDefaultExtension(int type) {
        return type >= 1 && type <= EXTENSION_DEFAULT_MAX;
    }

    private static Set<Integer> beyond(int defaultMax, Collection<Integer> types) {
        var kept = new TreeSet<Integer>();
        for (int type : types) {
            if (type < 1 || type > defaultMax) {
                kept.add(type);
            }
        }
        return java.util.Collections.unmodifiableSet(kept);
    }
}
