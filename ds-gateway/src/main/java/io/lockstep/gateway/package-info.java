/// The listening socket and the pipeline of a new connection. A connection begins as HTTP and may become a
/// session.
///
/// | Package | Purpose |
/// |---|---|
/// | `gateway.http` | the HTTP engine |
/// | `gateway.route` | the operations that HTTP offers |
/// | `gateway.session` | one state machine per WebSocket connection |
/// | `gateway.submission` | frames to checked submissions |
/// | `gateway.blob` | parts of messages that are kept beside the log |
/// | `gateway.access` | names, rates and rules that HTTP and sessions share |
/// | `gateway.connection` | admission of connections, their addresses and progress |
/// | `gateway.limits` | every bound of the gateway |
///
/// Threads: [io.lockstep.gateway.Gateway] is *thread-safe*; everything that belongs to a connection is
/// *confined to one event loop*.
@NullMarked
package io.lockstep.gateway;

import org.jspecify.annotations.NullMarked;
