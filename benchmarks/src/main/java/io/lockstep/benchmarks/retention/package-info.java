/// What the sweep of groups that nobody uses costs.
///
/// Threads: *confined to the command's thread*.
@NullMarked
package io.lockstep.benchmarks.retention;

import org.jspecify.annotations.NullMarked;
