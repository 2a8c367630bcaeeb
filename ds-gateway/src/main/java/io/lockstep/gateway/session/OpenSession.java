package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.fanout.Outlet;
import java.time.Instant;

/// What a session has only after its client is known.
///
/// @param expires when the token ends
record OpenSession(
        ClientId client,
        Instant expires,
        Outlet outlet,
        Attachments attachments,
        Submissions submissions,
        InboxCourier inbox,
        HeartbeatWheel.Ticket heartbeat) {}
