package io.lockstep.auth;

/// Whether the token holds cannot be known now: no keys could be had.
public final class AuthenticationUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AuthenticationUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
