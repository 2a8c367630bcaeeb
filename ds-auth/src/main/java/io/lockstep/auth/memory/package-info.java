/// Revocations in memory: reference implementation, tests, and development without a store.
///
/// Threads: everything is *thread-safe*, by concurrent maps.
@NullMarked
package io.lockstep.auth.memory;

import org.jspecify.annotations.NullMarked;
