package io.lockstep.fanout;

import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// A session's request to attach to a group: the wire's `Attach`, with the group as a pseudonym.
///
/// @param requestId the request id of the frame; a refusal repeats it
/// @param incarnation 16 bytes; EMPTY: start at the first position that the member may see
/// @param position the last position that the client applied
/// @param head the head at that position; EMPTY: not checked
/// @param window maximum number of unacknowledged deliveries; 0: no limit
public record AttachRequest(
        GroupId group,
        MemberId member,
        long requestId,
        Bytes incarnation,
        long position,
        Bytes head,
        int window) {}
