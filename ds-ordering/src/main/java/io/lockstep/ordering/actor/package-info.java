/// One actor per group: takes submissions, asks a pure function for the decision, appends, answers.
///
/// Threads: [io.lockstep.ordering.actor.GroupActors] is *thread-safe*; everything behind it is *confined to
/// the group's actor*.
@NullMarked
package io.lockstep.ordering.actor;

import org.jspecify.annotations.NullMarked;
