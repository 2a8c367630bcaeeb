/// A server in another process, and a client on bare sockets, for attacks and fuzzing.
///
/// Threads: see each class.
@NullMarked
package io.lockstep.benchmarks.raw;

import org.jspecify.annotations.NullMarked;
