package io.lockstep.auth;

/// Thrown when the token issuer's keys or the revocations are unavailable, so that a token cannot
/// be checked now.
public final class AuthenticationUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AuthenticationUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
