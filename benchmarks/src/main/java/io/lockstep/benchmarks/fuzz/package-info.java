/// Seeded sessions and requests, well-formed and mutated, that are sent to a running server.
///
/// Threads: a case is confined to the thread that plays it.
@NullMarked
package io.lockstep.benchmarks.fuzz;

import org.jspecify.annotations.NullMarked;
