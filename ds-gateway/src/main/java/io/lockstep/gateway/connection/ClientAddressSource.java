package io.lockstep.gateway.connection;

/// Where a client's address is read from.
public enum ClientAddressSource {
    /// The peer address of the connection.
    PEER,
    /// The PROXY protocol header, versions 1 and 2, that a proxy sends before any other byte.
    PROXY_PROTOCOL,
    /// The header field `X-Forwarded-For` of each request.
    X_FORWARDED_FOR,
    /// The header field `Forwarded` (RFC 7239) of each request.
    FORWARDED
}
