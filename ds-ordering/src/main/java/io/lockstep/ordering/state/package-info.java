/// Decisions about submissions, from the state of a group's log: pure functions and values. No
/// clock, no store, no threads.
///
/// Threads: values are immutable, functions *stateless*.
@NullMarked
package io.lockstep.ordering.state;

import org.jspecify.annotations.NullMarked;
