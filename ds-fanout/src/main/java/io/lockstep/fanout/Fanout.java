package io.lockstep.fanout;

import io.lockstep.wire.mls.GroupId;

/// Delivers the log to the sessions of this node. Any thread may call it. The effects of a call
/// happen on the sink's event loop, in the order of the calls for one sink.
public interface Fanout {
    /// Attaches a session to a group. The session gets deliveries from its cursor on and then
    /// `live`, or it gets a gap, a detach or a refusal. A second attach to the same group replaces
    /// the first and starts again from its own cursor.
    void attach(DeliverySink sink, AttachRequest request);

    void detach(DeliverySink sink, GroupId group);

    /// The client has applied all entries up to the position. This moves its window.
    void ack(DeliverySink sink, GroupId group, long position);

    /// The sink's socket is writable again. Sessions that fell behind continue to read.
    void writable(DeliverySink sink);

    /// The session has ended. Fan-out writes nothing to the sink afterwards.
    void close(DeliverySink sink);
}
