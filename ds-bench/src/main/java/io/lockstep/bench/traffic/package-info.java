/// What the load generator sends and how it is received: stamped messages, lean WebSockets that check every
/// byte, tallies.
///
/// Confined to one event loop each, where not said otherwise.
@NullMarked
package io.lockstep.bench.traffic;

import org.jspecify.annotations.NullMarked;
