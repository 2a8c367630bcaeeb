/// Ordering as its callers see it: submissions, answers, and the interface that takes them.
/// The actors behind it are `ordering.actor`, their decisions `ordering.state`.
///
/// Threads: [io.lockstep.ordering.Ordering] is *thread-safe*, values are immutable.
@NullMarked
package io.lockstep.ordering;

import org.jspecify.annotations.NullMarked;
