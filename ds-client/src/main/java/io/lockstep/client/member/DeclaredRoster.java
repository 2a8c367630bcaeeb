package io.lockstep.client.member;

import io.lockstep.client.mls.MlsGroup.Processed.EpochBegan;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.RosterChange;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The clients that a commit adds and removes, as its author declared them to the service. Compares
/// them with what MLS says that the commit did: the service cannot see that, and goes by the
/// declaration.
final class DeclaredRoster {
    /// As the server takes them.
    private static final String PART = "(?!\\.{1,2}(/|$))[A-Za-z0-9._@-]{1,64}";

    private static final Pattern CLIENT = Pattern.compile(PART + "/" + PART);

    private DeclaredRoster() {}

    /// Whether the identity of a leaf is the name of a client. It may be something else, such as the
    /// user without the device: then nothing can be compared.
    static boolean isClient(Bytes identity) {
        return CLIENT.matcher(new String(identity.toArray(), StandardCharsets.UTF_8)).matches();
    }

    /// What differs between the declaration and the commit. Redundant names are no difference: one
    /// that adds a client with a leaf, or removes a client without one, repairs the roster.
    ///
    /// @param before identities of the leaves before the commit
    /// @param after identities of the leaves after it
    /// @return empty when they agree, or when it cannot be told
    static Optional<String> difference(
            RosterChange declared, EpochBegan commit, List<Bytes> before, List<Bytes> after) {
        if (!before.stream().allMatch(DeclaredRoster::isClient)) {
            return Optional.empty();
        }
        if (!after.stream().allMatch(DeclaredRoster::isClient)) {
            return Optional.of("the commit makes a member that is no client");
        }
        var removed = identities(declared.getRemoveList());
        var added = identities(declared.getAddList());
        var expected = new HashSet<>(before);
        expected.removeAll(removed);
        expected.addAll(added);
        var members = new HashSet<>(after);
        if (!expected.equals(members)) {
            return Optional.of(
                    "roster_change is not what the commit does: "
                            + count(expected, members)
                            + " more and "
                            + count(members, expected)
                            + " fewer members");
        }
        added.retainAll(removed);
        added.retainAll(members);
        boolean rejoined = commit.added().containsAll(added) && commit.removed().containsAll(added);
        return rejoined
                ? Optional.empty()
                : Optional.of("roster_change removes and adds a member that the commit leaves");
    }

    private static long count(Set<Bytes> all, Set<Bytes> others) {
        return all.stream().filter(identity -> !others.contains(identity)).count();
    }

    private static Set<Bytes> identities(Collection<String> names) {
        var identities = new HashSet<Bytes>();
        names.forEach(name -> identities.add(MemberDevice.identityOf(name)));
        return identities;
    }
}
