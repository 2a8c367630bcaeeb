package io.lockstep.directory;

/// The number of unclaimed KeyPackages of one kind.
///
/// @param singleUse number of single-use ones
/// @param lastResort whether there is a last resort
public record KeyPackageCount(long singleUse, boolean lastResort) {}
