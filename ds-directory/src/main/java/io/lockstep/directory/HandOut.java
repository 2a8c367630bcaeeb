package io.lockstep.directory;

/// What a device's shelves had for a claim.
public sealed interface HandOut {
    /// @param left single-use ones left on its shelf
    record Found(StoredKeyPackage keyPackage, long left) implements HandOut {}

    /// The device has KeyPackages, none of them as asked for.
    record NothingCompatible() implements HandOut {}

    /// The device has none at all.
    record Exhausted() implements HandOut {}
}
