package io.lockstep.gateway;

import java.net.InetSocketAddress;

/// The address and transport of a started gateway.
///
/// @param transport the one in use, never AUTO
/// @param eventLoops number of threads that serve connections
/// @param tls whether connections use TLS
public record GatewayAddress(
        InetSocketAddress socket, TransportChoice transport, int eventLoops, boolean tls) {}
