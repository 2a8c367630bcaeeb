/// The group log in this process's memory: the reference for every other implementation, and the
/// log of most tests. It is not durable.
///
/// Threads: everything is *thread-safe*; answers arrive on the caller's thread.
@NullMarked
package io.lockstep.log.memory;

import org.jspecify.annotations.NullMarked;
