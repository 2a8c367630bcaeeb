/// The server process: configuration, wiring, health, metrics.
@NullMarked
package io.lockstep.server;

import org.jspecify.annotations.NullMarked;
