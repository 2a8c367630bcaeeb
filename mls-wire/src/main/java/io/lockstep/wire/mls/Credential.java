package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import java.util.List;

/// The claimed owner of a signature key (RFC 9420 §5.3). Decoding it proves nothing.
public sealed interface Credential {
    /// The credential type, u16.
    int type();

    /// Type 1.
    record BasicCredential(Bytes identity) implements Credential {
        @Override
        public int type() {
            return 1;
        }
    }

    /// Type 2.
    ///
    /// @param chain DER certificates, the leaf's first
    record X509Credential(List<Bytes> chain) implements Credential {
        public X509Credential {
            chain = List.copyOf(chain);
        }

        @Override
        public int type() {
            return 2;
        }
    }

    /// A credential of a type that RFC 9420 does not define. Its struct has no length, so only a
    /// reader that knows its shape can find the next field. Every credential defined so far is one
    /// vector, including the proposed ones (multi-credentials) and the custom ones of OpenMLS and
    /// mls-rs. An unknown credential is therefore read as one `opaque<V>`. If it has another shape,
    /// the surrounding structure does not match and is malformed. GREASE values (§13.5) are only
    /// for lists of capabilities: as the type of a credential they are malformed.
    record UnknownCredential(int type, Bytes data) implements Credential {}
}
