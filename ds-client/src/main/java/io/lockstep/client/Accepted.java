package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// A submission is durable.
///
/// @param position its place in the group's log; 0 for an ephemeral message and for a create
/// @param head the head hash at that position
/// @param epoch the group's epoch after this entry
/// @param repeat the same bytes had been accepted before; this is that outcome
public record Accepted(
        GroupId group, Bytes incarnation, long position, Bytes head, long epoch, boolean repeat) {
    static Accepted ofWire(io.lockstep.wire.proto.Accepted wire) {
        return new Accepted(
                Cursor.groupOf(wire.getGroupId()),
                Bytes.of(wire.getIncarnation()),
                wire.getPosition(),
                Bytes.of(wire.getHead()),
                wire.getEpoch(),
                wire.getRepeat());
    }
}
