/// What is asked rather than streamed: requests and answers on the client port, and the upgrade to
/// WebSocket.
///
/// Threads: an [io.lockstep.gateway.http.HttpConnection] is *confined to one event loop*; routes are
/// *thread-safe* and answer on threads of their services.
@NullMarked
package io.lockstep.gateway.http;

import org.jspecify.annotations.NullMarked;
