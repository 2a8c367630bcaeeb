package io.lockstep.auth;

/// Thrown when a token is invalid. The message gives a general reason and never contains the token.
public final class AuthenticationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Why a token is refused. Claims are checked only after the signature was verified, so a
    /// reason about claims reveals nothing to a forger.
    public enum TokenRefusalReason {
        TOKEN_MISSING("token_missing", "the token is empty"),
        TOKEN_TOO_LONG("token_too_long", "the token is too long"),
        MALFORMED_TOKEN("malformed_token", "the token is not a signed JWT"),
        DEVELOPMENT_TOKEN(
                "development_token", "a development token (dev:…); this server takes JWTs"),
        NOT_A_DEVELOPMENT_TOKEN(
                "not_a_development_token", "a development token is dev:<user>/<device>"),
        ALGORITHM_NOT_ACCEPTED("algorithm_not_accepted", "the token's algorithm is not accepted"),
        HEADER_NOT_SUPPORTED(
                "header_not_supported", "the token's header demands what is not supported"),
        UNKNOWN_KEY("unknown_key", "the token's key is not known"),
        BAD_SIGNATURE("bad_signature", "the token's signature does not hold"),
        MALFORMED_CLAIMS("malformed_claims", "the token's claims cannot be read"),
        WRONG_ISSUER("wrong_issuer", "the token is of another issuer"),
        WRONG_AUDIENCE("wrong_audience", "the token is for another audience"),
        NO_EXPIRY("no_expiry", "the token does not expire"),
        TOKEN_EXPIRED("token_expired", "the token has expired"),
        NOT_YET_VALID("not_yet_valid", "the token does not hold yet"),
        NO_CLIENT("no_client", "the token names no user (sub) or no device"),
        BAD_CLIENT_NAME("bad_client_name", "the token's user or device is not a valid name");

        private final String wireName;
        private final String text;

        TokenRefusalReason(String wireName, String text) {
            this.wireName = wireName;
            this.text = text;
        }

        /// A stable name for close reasons, logs and metrics.
        public String wireName() {
            return wireName;
        }

        /// A description for people.
        public String text() {
            return text;
        }
    }

    private final TokenRefusalReason reason;

    public AuthenticationException(TokenRefusalReason reason) {
        super(reason.text(), null, false, false);
        this.reason = reason;
    }

    public TokenRefusalReason reason() {
        return reason;
    }
}
