package io.lockstep.gateway.http;

/// A request's body does not say what its resource needs. Cheap: it has no stack trace. Never quotes
/// the body.
public final class InvalidBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String detail;

    public InvalidBodyException(String detail) {
        super(detail, null, false, false);
        this.detail = detail;
    }

    public String detail() {
        return detail;
    }
}
