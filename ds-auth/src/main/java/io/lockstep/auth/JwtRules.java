package io.lockstep.auth;

import java.time.Duration;

/// The claims that a JWT must contain, in addition to a valid signature.
///
/// @param issuer must equal the claim `iss`
/// @param audience must be in the claim `aud`
/// @param clockSkew how far the issuer's clock may differ from this one; a session lasts this much
///     longer than `exp`
public record JwtRules(String issuer, String audience, Duration clockSkew) {
    public static final Duration CLOCK_SKEW_DEFAULT = Duration.ofSeconds(30);
    public static final Duration CLOCK_SKEW_MAX = Duration.ofMinutes(5);

    public JwtRules {
        if (issuer.isBlank() || audience.isBlank()) {
            throw new IllegalArgumentException("issuer and audience are required");
        }
        if (clockSkew.isNegative() || clockSkew.compareTo(CLOCK_SKEW_MAX) > 0) {
            throw new IllegalArgumentException(
                    "the clock skew is 0 to 5 minutes, not " + clockSkew);
        }
    }

    public static JwtRules of(String issuer, String audience) {
        return new JwtRules(issuer, audience, CLOCK_SKEW_DEFAULT);
    }
}
