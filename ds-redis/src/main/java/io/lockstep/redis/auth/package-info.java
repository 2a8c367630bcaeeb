/// The stores of `io.lockstep.auth` on Redis.
///
/// Threads: *thread-safe*.
@NullMarked
package io.lockstep.redis.auth;

import org.jspecify.annotations.NullMarked;
