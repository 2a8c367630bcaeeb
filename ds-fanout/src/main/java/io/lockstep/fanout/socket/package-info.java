/// Ways of shared bytes to sockets: Netty's own, one write past it, or many sends in one system call.
///
/// Threads: *confined to one event loop*, each instance its own.
@NullMarked
package io.lockstep.fanout.socket;

import org.jspecify.annotations.NullMarked;
