package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;

/// Where a JSON Web Key Set comes from. May block: it is called on bounded-elastic threads only.
interface KeyLoader {
    /// A set of some hundred keys; more is not a key set.
    int BYTES_MAX = 1 << 20;

    /// What a load may take in all.
    Duration LOAD_MAX = Duration.ofSeconds(5);

    /// Ends within [#LOAD_MAX].
    JWKSet load() throws IOException, ParseException;

    /// A value that differs when the key set is known to have changed, cheap to ask.
    Object version() throws IOException;

    /// Whether the key set is the same as long as its version is.
    boolean isVersioned();

    /// For the log; tells no secret.
    String where();
}
