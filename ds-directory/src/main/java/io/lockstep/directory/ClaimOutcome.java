package io.lockstep.directory;

/// What a device's shelves had for a claim.
public sealed interface ClaimOutcome {
    /// @param left single-use ones left on its shelf
    record KeyPackageFound(StoredKeyPackage keyPackage, long left) implements ClaimOutcome {}

    /// The device has KeyPackages, none of them as asked for.
    record NothingCompatible() implements ClaimOutcome {}

    /// The device has none at all.
    record Exhausted() implements ClaimOutcome {}
}
