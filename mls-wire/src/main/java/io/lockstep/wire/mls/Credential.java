package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import java.util.List;

/// Who a signature key belongs to (RFC 9420 §5.3), as claimed: reading proves nothing.
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

    /// A type that RFC 9420 does not define. Its struct carries no length, so what follows can be found
    /// only by knowing its shape. Every credential defined so far is one vector, also those proposed
    /// (multi-credentials) and the custom ones of OpenMLS and mls-rs; an unknown one is therefore read
    /// as one `opaque<V>`. Of another shape, the structure around it does not add up and is malformed.
    /// GREASE values (§13.5) are for lists of capabilities only: as the type of a credential they are
    /// malformed.
    record UnknownCredential(int type, Bytes data) implements Credential {}
}
