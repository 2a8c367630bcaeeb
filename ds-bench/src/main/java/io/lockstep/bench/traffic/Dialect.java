package io.lockstep.bench.traffic;

/// The protocol inside the WebSocket.
public enum Dialect {
    /// `lockstep.v1.proto`.
    LOCKSTEP,
    /// Each binary WebSocket message is one message: nchan, Node `ws`, the C broadcasters.
    PLAIN,
    /// NATS, on its WebSocket port: a stream of lines and payloads.
    NATS
}
