/// Attacks on a running server, each bounded in time and count, with honest clients measured beside.
///
/// Threads: an attack runs on the thread of the command; probes have threads of their own.
@NullMarked
package io.lockstep.benchmarks.attacks;

import org.jspecify.annotations.NullMarked;
