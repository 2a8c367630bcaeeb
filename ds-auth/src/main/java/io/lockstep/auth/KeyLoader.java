package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;

/// Loads a JSON Web Key Set from one source. It may block, and is called on bounded-elastic threads
/// only.
interface KeyLoader {
    /// Some hundred keys. A longer document is not a key set.
    int BYTES_MAX = 1 << 20;

    /// Maximum time of a load.
    Duration LOAD_MAX = Duration.ofSeconds(5);

    /// Ends within [#LOAD_MAX].
    JWKSet load() throws IOException, ParseException;

    /// A value that changes when the key set is known to have changed. It is cheap to read.
    Object version() throws IOException;

    /// Whether an unchanged version proves an unchanged key set.
    boolean isVersioned();

    /// The location, for the log. Contains no secret.
    String where();
}
