package io.lockstep.directory;

/// A KeyPackage that its owner offers, and what its owner supports.
///
/// @param features what claims may ask for; [Features#NONE] where nothing can be known of it
public record OfferedKeyPackage(StoredKeyPackage keyPackage, Features features) {}
