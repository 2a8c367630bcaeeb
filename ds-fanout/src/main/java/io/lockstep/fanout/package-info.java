/// Follows the log of each group that has sessions on this node, and delivers to them.
///
/// Threads: [io.lockstep.fanout.Fanout] is *thread-safe*; an [io.lockstep.fanout.Outlet] is *confined to
/// its event loop*.
@NullMarked
package io.lockstep.fanout;

import org.jspecify.annotations.NullMarked;
