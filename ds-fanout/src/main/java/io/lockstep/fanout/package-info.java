/// The API of fan-out: attachments of sessions to groups, and the sink of a session.
/// `fanout.tail` follows the log, `fanout.outbound` serves sessions, `fanout.socket` writes to
/// sockets.
///
/// Threads: [io.lockstep.fanout.Fanout] is *thread-safe*; an [io.lockstep.fanout.DeliverySink] is
/// *confined to its event loop*.
@NullMarked
package io.lockstep.fanout;

import org.jspecify.annotations.NullMarked;
