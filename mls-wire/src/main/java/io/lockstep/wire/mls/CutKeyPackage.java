package io.lockstep.wire.mls;

import io.lockstep.wire.Refusal;

/// One KeyPackage out of a sequence. Its end is known even if the KeyPackage is unusable.
public sealed interface CutKeyPackage {
    record Whole(KeyPackage keyPackage) implements CutKeyPackage {}

    /// @param refusal [io.lockstep.wire.Code#UNSUPPORTED_CIPHER_SUITE]
    record Unusable(Refusal refusal) implements CutKeyPackage {}
}
