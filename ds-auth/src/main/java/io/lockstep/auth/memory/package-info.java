/// Revocations in memory: the reference implementation, for tests and for development without a
/// store.
///
/// Threads: everything is *thread-safe*, by concurrent maps.
@NullMarked
package io.lockstep.auth.memory;

import org.jspecify.annotations.NullMarked;
