package io.lockstep.fanout;

import io.lockstep.wire.mls.GroupId;

/// Delivers the log to the sessions of this node. Callable from any thread; what follows happens on the
/// outlet's event loop, in the order of the calls for one outlet.
public interface Fanout {
    /// Deliveries after the cursor start, then `live`; or a gap, a detach or a refusal. A second attach to
    /// the same group starts anew from its cursor.
    void attach(Outlet outlet, Attachment attachment);

    void detach(Outlet outlet, GroupId group);

    /// The client has applied everything up to the position: its window moves.
    void ack(Outlet outlet, GroupId group, long position);

    /// The outlet's socket takes more; sessions that fell behind read on.
    void writable(Outlet outlet);

    /// The session has ended. Nothing is written to the outlet afterwards.
    void close(Outlet outlet);
}
