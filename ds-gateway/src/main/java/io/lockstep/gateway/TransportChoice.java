package io.lockstep.gateway;

/// How sockets are driven.
public enum TransportChoice {
    /// epoll where the machine has it, NIO where it does not.
    AUTO,
    EPOLL,
    NIO,
    /// On request only: under bursts it has measured slower than epoll.
    IO_URING
}
