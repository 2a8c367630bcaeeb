package io.lockstep.gateway;

/// The transports that an operator can choose.
public enum TransportChoice {
    /// epoll if the machine has it, else NIO.
    AUTO,
    EPOLL,
    NIO,
    /// Only on request: under bursts it measured slower than epoll.
    IO_URING
}
