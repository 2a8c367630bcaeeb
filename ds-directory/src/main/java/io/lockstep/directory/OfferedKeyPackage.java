package io.lockstep.directory;

/// A KeyPackage that its owner publishes, and the features that its owner supports.
///
/// @param features the features that claims can require; [Features#NONE] when they are unknown
public record OfferedKeyPackage(StoredKeyPackage keyPackage, Features features) {}
