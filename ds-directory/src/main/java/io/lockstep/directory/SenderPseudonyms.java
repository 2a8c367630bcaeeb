package io.lockstep.directory;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;

/// Derives the pseudonym of a user that sends Welcomes (invariant I8). It is the same in all groups,
/// because a user's share of an inbox counts its Welcomes of all groups. It is stored only sealed;
/// in an inbox it is hashed again with the inbox's owner.
///
/// ```
/// sender = HMAC-SHA256(key("sender"), "user")[0..16)
/// ```
public final class SenderPseudonyms {
    private static final int BYTES = 16;

    private final Bytes key;

    public SenderPseudonyms(KeyDerivation keys) {
        key = keys.derive("sender");
    }

    public Bytes of(String user) {
        return DeploymentKey.hmac(key, user.getBytes(StandardCharsets.UTF_8)).slice(0, BYTES);
    }
}
