package io.lockstep.wire.mls;

import io.lockstep.wire.Refusal;

/// One KeyPackage out of a sequence. Its end is known even if the KeyPackage is unusable.
public sealed interface DelimitedKeyPackage {
    record Supported(KeyPackage keyPackage) implements DelimitedKeyPackage {}

    /// @param refusal [io.lockstep.wire.Code#UNSUPPORTED_CIPHER_SUITE]
    record Unsupported(Refusal refusal) implements DelimitedKeyPackage {}
}
