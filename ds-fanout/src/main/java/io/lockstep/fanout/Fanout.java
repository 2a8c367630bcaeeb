package io.lockstep.fanout;

import io.lockstep.wire.mls.GroupId;

/// Delivers the log to the sessions of this node. Any thread may call it. The effects of a call
/// happen on the outlet's event loop, in the order of the calls for one outlet.
public interface Fanout {
    /// Attaches a session to a group. The session gets deliveries from its cursor on and then
    /// `live`, or it gets a gap, a detach or a refusal. A second attach to the same group replaces
    /// the first and starts again from its own cursor.
    void attach(DeliverySink outlet, AttachRequest attachment);

    void detach(DeliverySink outlet, GroupId group);

    /// The client has applied all entries up to the position. This moves its window.
    void ack(DeliverySink outlet, GroupId group, long position);

    /// The outlet's socket is writable again. Sessions that fell behind continue to read.
    void writable(DeliverySink outlet);

    /// The session has ended. Fan-out writes nothing to the outlet afterwards.
    void close(DeliverySink outlet);
}
