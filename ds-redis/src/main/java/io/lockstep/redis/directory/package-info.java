/// The directory's stores on Redis, and which devices were revoked. What each key holds is listed in [io.lockstep.redis]. Names of clients
/// appear sealed, or as keyed hashes.
///
/// Threads: everything is *thread-safe*; answers come on Lettuce's threads.
@NullMarked
package io.lockstep.redis.directory;

import org.jspecify.annotations.NullMarked;
