/// Delivery to sessions: cursors, passes over cursors at the tail, catch-up of cursors that are
/// behind, and the interface through which bytes are written. There is no queue per session.
///
/// Threads: everything here is *confined to one event loop*, except
/// [io.lockstep.fanout.outbound.SharedTail], [io.lockstep.fanout.outbound.TailListener],
/// [io.lockstep.fanout.outbound.JoinedDeliveries] and [io.lockstep.fanout.outbound.FanoutMetrics],
/// which are *thread-safe*, and the public methods of
/// [io.lockstep.fanout.outbound.EventLoopFanout], which switch to their loop.
@NullMarked
package io.lockstep.fanout.outbound;

import org.jspecify.annotations.NullMarked;
