/// A seeded simulation: several nodes, one log that loses and delays, clients that send, resend and
/// race.
///
/// Threads: everything runs on the test's thread, in virtual time.
@NullMarked
package io.lockstep.ordering.simulation;

import org.jspecify.annotations.NullMarked;
