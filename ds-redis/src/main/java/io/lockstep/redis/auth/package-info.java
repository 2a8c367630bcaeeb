/// The Redis implementations of the stores of `io.lockstep.auth`.
///
/// Threads: *thread-safe*.
@NullMarked
package io.lockstep.redis.auth;

import org.jspecify.annotations.NullMarked;
