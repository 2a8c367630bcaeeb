package io.lockstep.client;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// A place in one group's log, and proof of the history that led there.
///
/// @param incarnation the log's, 16 bytes; EMPTY: nothing is known of the group
/// @param position the last position applied; 0: none
/// @param head the head hash there, 32 bytes; EMPTY: not known
public record Cursor(GroupId group, Bytes incarnation, long position, Bytes head) {
    /// For a member who knows nothing yet: it is shown all that it may see.
    public static Cursor unknown(GroupId group) {
        return new Cursor(group, Bytes.EMPTY, 0, Bytes.EMPTY);
    }

    public boolean isUnknown() {
        return incarnation.isEmpty();
    }

    io.lockstep.wire.proto.Cursor toWire() {
        return io.lockstep.wire.proto.Cursor.newBuilder()
                .setGroupId(group.bytes().asByteString())
                .setIncarnation(incarnation.asByteString())
                .setPosition(position)
                .setHead(head.asByteString())
                .build();
    }

    static Cursor ofWire(GroupId group, io.lockstep.wire.proto.Cursor wire) {
        return new Cursor(
                group,
                Bytes.of(wire.getIncarnation()),
                wire.getPosition(),
                Bytes.of(wire.getHead()));
    }

    static GroupId groupOf(ByteString id) {
        return new GroupId(Bytes.of(id));
    }
}
