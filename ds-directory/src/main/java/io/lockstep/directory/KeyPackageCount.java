package io.lockstep.directory;

/// The number of unclaimed KeyPackages of one kind.
///
/// @param singleUse number of single-use ones
/// @param lastResort whether there is a last resort
/// @param lastResortClaims how many claims were given that last resort; 0 without one
public record KeyPackageCount(long singleUse, boolean lastResort, long lastResortClaims) {
    /// A count with a last resort that was not handed out, or without one.
    public KeyPackageCount(long singleUse, boolean lastResort) {
        this(singleUse, lastResort, 0);
    }
}
