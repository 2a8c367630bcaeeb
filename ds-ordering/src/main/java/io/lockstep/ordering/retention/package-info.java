/// The retention of groups that nobody uses. Groups in use are trimmed by their actors.
///
/// Threads: *thread-safe*; no thread waits for the log.
@NullMarked
package io.lockstep.ordering.retention;

import org.jspecify.annotations.NullMarked;
