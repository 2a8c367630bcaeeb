package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.mls.Credential;
import io.lockstep.wire.mls.Credential.BasicCredential;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Decides whether a client may publish KeyPackages under a credential. This is the part of the
/// authentication service in RFC 9420 §10.1; an operator can replace it.
@FunctionalInterface
public interface CredentialRule {
    /// Accepts a basic credential whose identity is the client's `user/device` or its user.
    CredentialRule BASIC_NAMES_CLIENT =
            (credential, owner) ->
                    credential instanceof BasicCredential(var identity)
                            && (isUtf8(identity.toArray(), owner.toString())
                                    || isUtf8(identity.toArray(), owner.user()));

    boolean accepts(Credential credential, ClientId owner);

    private static boolean isUtf8(byte[] identity, String text) {
        return Arrays.equals(identity, text.getBytes(StandardCharsets.UTF_8));
    }
}
