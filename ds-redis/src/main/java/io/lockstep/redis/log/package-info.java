/// The group log on Redis Streams: one stream per group, one script per operation, one channel per group
/// for those who follow. What each key holds is listed in [io.lockstep.redis].
///
/// Threads: everything is *thread-safe*; answers and notices come on Lettuce's threads.
@NullMarked
package io.lockstep.redis.log;

import org.jspecify.annotations.NullMarked;
