package io.lockstep.wire.mls;

import io.lockstep.wire.Code;

/// One KeyPackage of several in a row: where it ends is known, also where nothing can be done with it.
public sealed interface CutKeyPackage {
    record Whole(KeyPackage keyPackage) implements CutKeyPackage {}

    /// @param code [Code#UNSUPPORTED_CIPHER_SUITE]
    record Unusable(Code code, String detail) implements CutKeyPackage {}
}
