/// Liveness and readiness of the process: the checks of `/livez` and `/readyz`, and the watchdog
/// that detects stuck threads.
///
/// Threads: *thread-safe*. A check never blocks: all checks run on the operations port's single
/// thread.
@NullMarked
package io.lockstep.server.health;

import org.jspecify.annotations.NullMarked;
