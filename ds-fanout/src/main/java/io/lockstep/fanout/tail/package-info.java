/// Follows the log of each group that has sessions on this node: live entries, catch-up reads, and
/// the buffers that sessions share.
///
/// Threads: [io.lockstep.fanout.tail.LogFanout] is *thread-safe*; everything behind it is *confined
/// to the thread of its group* unless its comment states otherwise.
@NullMarked
package io.lockstep.fanout.tail;

import org.jspecify.annotations.NullMarked;
