/// The listening socket and the pipeline of a new connection. A connection begins as HTTP and may
/// become a session.
///
/// | Package | Purpose |
/// |---|---|
/// | `gateway.http` | the HTTP engine |
/// | `gateway.route` | the operations of the HTTP interface |
/// | `gateway.session` | one state machine per WebSocket connection |
/// | `gateway.submission` | parses frames into checked submissions |
/// | `gateway.blob` | parts of messages that are stored separately from the log |
/// | `gateway.access` | names, rates and rules that HTTP and sessions share |
/// | `gateway.connection` | admission of connections, their addresses and progress |
/// | `gateway.limits` | all limits of the gateway |
///
/// Threads: [io.lockstep.gateway.Gateway] is *thread-safe*; everything that belongs to a connection
/// is *confined to one event loop*.
@NullMarked
package io.lockstep.gateway;

import org.jspecify.annotations.NullMarked;
