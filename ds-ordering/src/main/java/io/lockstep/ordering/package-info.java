/// One actor per group: takes submissions, decides by a pure function, appends, answers.
///
/// Threads: [io.lockstep.ordering.Ordering] is *thread-safe*; everything behind it is *confined to the
/// group's actor*.
@NullMarked
package io.lockstep.ordering;

import org.jspecify.annotations.NullMarked;
