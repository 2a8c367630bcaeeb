package io.lockstep.gateway.connection;

/// What tells where a client connects from.
public enum ClientAddressSource {
    /// The connection itself.
    PEER,
    /// The header that a proxy sends before anything else (HAProxy's PROXY protocol, versions 1 and 2).
    PROXY_PROTOCOL,
    /// The header field `X-Forwarded-For` of each request.
    X_FORWARDED_FOR,
    /// The header field `Forwarded` (RFC 7239) of each request.
    FORWARDED
}
