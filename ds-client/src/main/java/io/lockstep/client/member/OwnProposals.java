package io.lockstep.client.member;

import io.lockstep.wire.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The own proposals of one epoch, kept so that the device can repeat those that an external commit
/// voids. Confined to the engine thread.
final class OwnProposals {
    /// An own proposal.
    ///
    /// @param subject the KeyPackage to add, or the identity to remove
    /// @param position its position in the log; 0 until the log delivered it
    record Proposed(Bytes sha256, boolean add, Bytes subject, long position) {}

    private final Map<Bytes, Proposed> proposals = new LinkedHashMap<>();

    void restore(List<Proposed> saved) {
        saved.forEach(p -> proposals.put(p.sha256(), p));
    }

    List<Proposed> all() {
        return List.copyOf(proposals.values());
    }

    void made(Bytes message, boolean add, Bytes subject) {
        var sha256 = message.sha256();
        proposals.put(sha256, new Proposed(sha256, add, subject, 0));
    }

    void refused(Bytes message) {
        proposals.remove(message.sha256());
    }

    void placed(Bytes sha256, long position) {
        proposals.computeIfPresent(
                sha256, (_, p) -> new Proposed(sha256, p.add(), p.subject(), position));
    }

    /// Ends the epoch and forgets its proposals.
    ///
    /// @param voided positions of the proposals that the commit voided
    /// @return own proposals among them
    List<Proposed> ended(List<Long> voided) {
        var again = proposals.values().stream().filter(p -> voided.contains(p.position())).toList();
        // A proposal without a position in this epoch is refused in the next one. The refusal tells
        // its sender.
        proposals.clear();
        return again;
    }
}
