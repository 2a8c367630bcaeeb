package io.lockstep.directory;

/// What is left on a shelf.
///
/// @param singleUse how many that are handed out once
/// @param lastResort whether there is one for when they are gone
public record KeyPackageCount(long singleUse, boolean lastResort) {}
