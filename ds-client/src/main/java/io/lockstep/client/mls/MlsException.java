package io.lockstep.client.mls;

/// The engine could not do it: the message is invalid, of an unknown epoch, or the change impossible.
public final class MlsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MlsException(String message) {
        super(message);
    }

    public MlsException(String message, Throwable cause) {
        super(message, cause);
    }
}
