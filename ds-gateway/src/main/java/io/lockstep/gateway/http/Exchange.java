package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import java.util.function.Consumer;

/// One request in progress. Confined to one event loop.
///
/// @param route its pattern, for the metrics
/// @param keepAlive whether the connection may carry another request after it
/// @param onComplete called when the whole request has arrived
record Exchange(String route, boolean keepAlive, RequestBody body, Consumer<Bytes> onComplete) {
    /// The same exchange without keep-alive.
    Exchange last() {
        return new Exchange(route, false, body, onComplete);
    }
}
