package io.lockstep.client.member;

import io.lockstep.wire.Bytes;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The members of a group that have left and whose leaves are not removed yet, as far as this device
/// saw them leave. Confined to the engine thread.
final class DepartedMembers {
    private final Set<Bytes> identities = new HashSet<>();

    void restore(List<Bytes> saved) {
        identities.addAll(saved);
    }

    void left(Bytes identity) {
        identities.add(identity);
    }

    /// These are members again.
    void cameBack(Collection<Bytes> added) {
        identities.removeAll(added);
    }

    /// A commit added members that are not known here: some may have left before.
    void someCameBack() {
        identities.clear();
    }

    /// Whether the client has left, and its leaf is among these members.
    boolean mustBeRemoved(Bytes identity, List<Bytes> members) {
        return identities.contains(identity) && members.contains(identity);
    }

    /// Those that left before; a void may have restored their leaves.
    List<Bytes> all() {
        return List.copyOf(identities);
    }
}
