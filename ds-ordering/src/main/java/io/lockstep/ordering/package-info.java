/// The API of ordering: submissions, answers, and the interface that takes them. `ordering.actor`
/// implements it with actors, whose decisions are made in `ordering.state`.
///
/// Threads: [io.lockstep.ordering.Ordering] is *thread-safe*, values are immutable.
@NullMarked
package io.lockstep.ordering;

import org.jspecify.annotations.NullMarked;
