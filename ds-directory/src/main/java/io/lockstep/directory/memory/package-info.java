/// The directory's stores in memory: the reference for every other implementation, used by tests.
///
/// Threads: everything is *thread-safe*; results are emitted on the caller's thread.
@NullMarked
package io.lockstep.directory.memory;

import org.jspecify.annotations.NullMarked;
