/// The traffic of the load generator: stamped messages, lean WebSockets that check every byte,
/// counters.
///
/// Threads: *confined to one event loop* each, unless a class states otherwise.
@NullMarked
package io.lockstep.bench.traffic;

import org.jspecify.annotations.NullMarked;
