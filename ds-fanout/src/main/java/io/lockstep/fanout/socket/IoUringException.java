package io.lockstep.fanout.socket;

/// The kernel provides no io_uring, or lacks a required feature; the message names the reason.
final class IoUringException extends Exception {
    private static final long serialVersionUID = 1L;

    IoUringException(String message) {
        super(message);
    }
}
