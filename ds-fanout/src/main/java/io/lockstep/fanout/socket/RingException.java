package io.lockstep.fanout.socket;

/// The kernel gives no io_uring, or not what is needed of it; the message says why.
final class RingException extends Exception {
    private static final long serialVersionUID = 1L;

    RingException(String message) {
        super(message);
    }
}
