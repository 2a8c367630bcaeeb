/// The group log in this process's memory: the reference for every other implementation, and what tests use.
/// It is durable to nothing.
///
/// Threads: everything is *thread-safe*; answers come on the caller's thread.
@NullMarked
package io.lockstep.log.memory;

import org.jspecify.annotations.NullMarked;
