/// Fan-out as its callers see it: attachments of sessions to groups, and the way out of a session.
/// The log is followed in `fanout.tail`, sessions are served in `fanout.outbound`, sockets written in
/// `fanout.socket`.
///
/// Threads: [io.lockstep.fanout.Fanout] is *thread-safe*; an [io.lockstep.fanout.Outlet] is *confined to
/// its event loop*.
@NullMarked
package io.lockstep.fanout;

import org.jspecify.annotations.NullMarked;
