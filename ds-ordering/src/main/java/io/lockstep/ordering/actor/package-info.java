/// One actor per group: it takes submissions, gets the decision from a pure function, appends, and
/// answers.
///
/// Threads: [io.lockstep.ordering.actor.ActorOrdering] is *thread-safe*; everything behind it is
/// *confined to the group's actor*.
@NullMarked
package io.lockstep.ordering.actor;

import org.jspecify.annotations.NullMarked;
