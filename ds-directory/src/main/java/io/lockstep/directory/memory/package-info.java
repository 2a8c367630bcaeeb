/// The directory's stores in this process's memory: the reference for every other implementation, and what
/// tests use.
///
/// Threads: everything is *thread-safe*; answers come on the caller's thread.
@NullMarked
package io.lockstep.directory.memory;

import org.jspecify.annotations.NullMarked;
