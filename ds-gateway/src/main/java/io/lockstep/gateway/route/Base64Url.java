package io.lockstep.gateway.route;

import io.lockstep.wire.Bytes;
import java.util.Base64;
import java.util.Optional;

/// The encoding of bytes in paths and JSON: base64url (RFC 4648 §5), written without padding.
public final class Base64Url {
    private Base64Url() {}

    public static String encode(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray());
    }

    /// @return empty if the text is not base64url
    static Optional<Bytes> decode(String text) {
        try {
            return Optional.of(Bytes.wrap(Base64.getUrlDecoder().decode(text)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
