/// The HTTP engine of the client port: strict decoding, requests, responses, and the upgrade to
/// WebSocket.
///
/// Threads: an [io.lockstep.gateway.http.HttpConnection] is *confined to one event loop*.
@NullMarked
package io.lockstep.gateway.http;

import org.jspecify.annotations.NullMarked;
