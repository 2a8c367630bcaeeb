/// Write paths from shared buffers to sockets: through Netty, one direct write, or many sends in
/// one system call.
///
/// Threads: *confined to one event loop*; each loop has its own instance.
@NullMarked
package io.lockstep.fanout.socket;

import org.jspecify.annotations.NullMarked;
