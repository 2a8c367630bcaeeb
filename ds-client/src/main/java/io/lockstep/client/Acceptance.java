package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// The answer to an accepted submission: the server has stored it.
///
/// ```java
/// client.send(group, message)
///         .subscribe(accepted -> outbox.sent(message, accepted.position()));
/// ```
///
/// @param position its position in the group's log; 0 for an ephemeral message and for a create
/// @param head the head hash at that position
/// @param epoch the group's epoch after this entry
/// @param repeat whether the server had accepted the same bytes before; this is that outcome
public record Acceptance(
        GroupId group, Bytes incarnation, long position, Bytes head, long epoch, boolean repeat) {
    static Acceptance ofWire(io.lockstep.wire.proto.Accepted wire) {
        return new Acceptance(
                LogCursor.groupOf(wire.getGroupId()),
                Bytes.of(wire.getIncarnation()),
                wire.getPosition(),
                Bytes.of(wire.getHead()),
                wire.getEpoch(),
                wire.getRepeat());
    }
}
