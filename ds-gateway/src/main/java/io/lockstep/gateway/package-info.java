/// Where bytes enter and leave: Netty's pipeline, the upgrade to WebSocket, HTTP, and the limits on both.
///
/// A connection begins as HTTP (`gateway.http`) and may become a session (`gateway.session`).
///
/// Threads: [io.lockstep.gateway.Gateway], [io.lockstep.gateway.Pseudonyms] and the counters are
/// *thread-safe*; everything that belongs to a connection is *confined to one event loop*.
@NullMarked
package io.lockstep.gateway;

import org.jspecify.annotations.NullMarked;
