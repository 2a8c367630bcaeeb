/// Whether the process is alive and ready: the checks behind `/livez` and `/readyz`, and the watchdog that finds
/// threads that are stuck.
///
/// Threads: *thread-safe*; a check never blocks, because all of them run on the operations port's one thread.
@NullMarked
package io.lockstep.server.health;

import org.jspecify.annotations.NullMarked;
