/// The load generator, `lockstep bench`: modes, the processes of a run, servers under load.
///
/// Coordination runs on the thread of the command; what is shared with event loops is thread-safe.
@NullMarked
package io.lockstep.bench;

import org.jspecify.annotations.NullMarked;
