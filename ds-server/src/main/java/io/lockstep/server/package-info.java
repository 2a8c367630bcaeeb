/// The server process: commands, wiring, health, metrics.
///
/// Threads: objects are built and stopped by one thread; what they serve runs on their own.
@NullMarked
package io.lockstep.server;

import org.jspecify.annotations.NullMarked;
