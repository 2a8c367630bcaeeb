/// Utilities of the server process: the clock for deadlines, the barrier around repeated tasks,
/// rate-limited loggers, permits for reads of the store, and the secret of the deployment.
///
/// Threads: *thread-safe*.
@NullMarked
package io.lockstep.runtime;

import org.jspecify.annotations.NullMarked;
