package io.lockstep.fanout;

import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// What a session asks for when it attaches to a group: the wire's Attach, under a pseudonym.
///
/// @param requestId of the frame, repeated in a refusal
/// @param incarnation 16 bytes; EMPTY: from the first position the member may see
/// @param position the last position applied
/// @param head the head at that position; EMPTY: not checked
/// @param window deliveries that may be unacknowledged; 0: no limit
public record Attachment(
        GroupId group,
        MemberId member,
        long requestId,
        Bytes incarnation,
        long position,
        Bytes head,
        int window) {}
