package io.lockstep.wire.mls;

import io.lockstep.wire.Refusal;

/// One KeyPackage of several in a row: where it ends is known, also where nothing can be done with it.
public sealed interface CutKeyPackage {
    record Whole(KeyPackage keyPackage) implements CutKeyPackage {}

    /// @param refusal [io.lockstep.wire.Code#UNSUPPORTED_CIPHER_SUITE]
    record Unusable(Refusal refusal) implements CutKeyPackage {}
}
