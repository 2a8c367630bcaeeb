/// What is decided about a submission, given all that a group's log says: pure functions and values.
/// No clock, no store, no threads.
///
/// Threads: values are immutable, functions *stateless*.
@NullMarked
package io.lockstep.ordering.state;

import org.jspecify.annotations.NullMarked;
