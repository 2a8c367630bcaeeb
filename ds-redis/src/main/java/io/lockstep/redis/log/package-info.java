/// The group log on Redis Streams: one stream per group, one script per operation, and one channel
/// per group for its followers. [io.lockstep.redis] lists the content of each key.
///
/// Threads: everything is *thread-safe*; replies and notices arrive on Lettuce's threads.
@NullMarked
package io.lockstep.redis.log;

import org.jspecify.annotations.NullMarked;
