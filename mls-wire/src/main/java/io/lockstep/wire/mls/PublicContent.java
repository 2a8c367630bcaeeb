package io.lockstep.wire.mls;

import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import org.jspecify.annotations.Nullable;

/// Reads the content of a PublicMessage after its content_type (RFC 9420 §6, §6.1, §6.2):
///
/// ```
/// Proposal or Commit
/// opaque signature<V>
/// opaque confirmation_tag<V>     of a commit
/// opaque membership_tag<V>       of a member
/// ```
final class PublicContent {
    private PublicContent() {}

    /// @return false if part of it was not checked because of a proposal of unknown type
    static boolean read(
            TlsReader in,
            @Nullable FieldRecorder out,
            ContentType contentType,
            SenderType senderType)
            throws MalformedEncodingException {
        boolean known;
        if (contentType == ContentType.COMMIT) {
            known = MlsGrammar.commit(in, out);
        } else {
            known = MlsGrammar.proposal(in, out);
            if (!known) {
                MlsGrammar.opaqueRest(in, out, "unknown proposal, signature and tags");
                return false;
            }
        }
        MlsGrammar.opaque(in, out, "signature");
        if (contentType == ContentType.COMMIT) {
            MlsGrammar.opaque(in, out, "confirmation_tag");
        }
        if (senderType == SenderType.MEMBER) {
            MlsGrammar.opaque(in, out, "membership_tag");
        }
        return known;
    }
}
