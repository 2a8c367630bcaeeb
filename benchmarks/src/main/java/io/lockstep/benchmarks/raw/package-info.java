/// A server in another process, and a client of sockets alone, for whoever attacks or fuzzes it.
///
/// Threads: each class says what it is safe for.
@NullMarked
package io.lockstep.benchmarks.raw;

import org.jspecify.annotations.NullMarked;
