/// The load generator, `lockstep bench`: modes, the processes of a run, servers under load.
///
/// Threads: coordination runs on the thread of the command. Objects shared with event loops are
/// thread-safe.
@NullMarked
package io.lockstep.bench;

import org.jspecify.annotations.NullMarked;
