package io.lockstep.directory;

/// The result of a claim from one device.
public sealed interface ClaimOutcome {
    /// @param remaining number of single-use ones of its kind that remain; 0 with a last resort
    /// @param lastResortClaims how many claims were given this last resort, this one included; 0
    ///     with a single-use one
    record KeyPackageFound(StoredKeyPackage keyPackage, long remaining, long lastResortClaims)
            implements ClaimOutcome {}

    /// The device has KeyPackages, but none that matches the request.
    record NothingCompatible() implements ClaimOutcome {}

    /// The device has no KeyPackages.
    record Exhausted() implements ClaimOutcome {}
}
