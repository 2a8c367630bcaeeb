/// The Redis implementations of the stores of the directory. [io.lockstep.redis] lists the content
/// of each key. Names of clients appear sealed, or as keyed hashes.
///
/// Threads: everything is *thread-safe*; replies arrive on Lettuce's threads.
@NullMarked
package io.lockstep.redis.directory;

import org.jspecify.annotations.NullMarked;
