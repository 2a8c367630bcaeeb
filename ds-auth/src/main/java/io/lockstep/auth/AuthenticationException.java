package io.lockstep.auth;

/// The token does not hold. The message says why in general terms and never repeats the token.
public final class AuthenticationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AuthenticationException(String message) {
        super(message, null, false, false);
    }
}
