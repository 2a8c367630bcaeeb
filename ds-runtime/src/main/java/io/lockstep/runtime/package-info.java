/// What every part of a server process shares: the clock for deadlines, the barrier around repeated tasks, loggers
/// with a rate, permits for reads of the store, and the secret of the deployment.
///
/// Threads: *thread-safe*.
@NullMarked
package io.lockstep.runtime;

import org.jspecify.annotations.NullMarked;
