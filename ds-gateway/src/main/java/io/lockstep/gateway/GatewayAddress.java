package io.lockstep.gateway;

import java.net.InetSocketAddress;

/// Where a started gateway listens, and how.
///
/// @param transport what drives the sockets, never AUTO
/// @param eventLoops how many threads serve connections
/// @param tls whether connections are TLS
public record GatewayAddress(
        InetSocketAddress socket, TransportChoice transport, int eventLoops, boolean tls) {}
