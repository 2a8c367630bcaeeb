package io.lockstep.auth;

/// Thrown when a token cannot be checked now, because no keys are available.
public final class AuthenticationUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AuthenticationUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
