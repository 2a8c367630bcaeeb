/// Attacks on a running server, each bounded in time and count, with measurements of honest
/// clients.
///
/// Threads: an attack runs on the command's thread; each probe has a separate thread.
@NullMarked
package io.lockstep.benchmarks.attacks;

import org.jspecify.annotations.NullMarked;
