package io.lockstep.client;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// A position in one group's log, with the head hash that proves the history up to it.
///
/// ```java
/// Cursor saved = delivered.cursor();      // after the application has applied the entry
/// client.attach(saved).subscribe();       // continues with the next entry
/// ```
///
/// @param incarnation the log's incarnation, 16 bytes; EMPTY: nothing is known of the group
/// @param position the last applied position; 0: none
/// @param head the head hash at that position, 32 bytes; EMPTY: unknown
public record LogCursor(GroupId group, Bytes incarnation, long position, Bytes head) {
    /// Returns the cursor of a member that knows nothing of the group. The server delivers all
    /// entries that the member may see.
    public static LogCursor unknown(GroupId group) {
        return new LogCursor(group, Bytes.EMPTY, 0, Bytes.EMPTY);
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

    static LogCursor ofWire(GroupId group, io.lockstep.wire.proto.Cursor wire) {
        return new LogCursor(
                group,
                Bytes.of(wire.getIncarnation()),
                wire.getPosition(),
                Bytes.of(wire.getHead()));
    }

    static GroupId groupOf(ByteString id) {
        return new GroupId(Bytes.of(id));
    }
}
