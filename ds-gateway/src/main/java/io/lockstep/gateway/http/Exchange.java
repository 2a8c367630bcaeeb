package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import java.util.function.Consumer;

/// One request being served. Confined to one event loop.
///
/// @param route its pattern, for the metrics
/// @param keepAlive whether the connection may carry another request after it
/// @param whole what to do when the request is there to its last byte
record Exchange(String route, boolean keepAlive, RequestBody body, Consumer<Bytes> whole) {
    /// The same, and the connection ends with it.
    Exchange last() {
        return new Exchange(route, false, body, whole);
    }
}
