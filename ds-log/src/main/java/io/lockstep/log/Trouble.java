package io.lockstep.log;

/// A sign that clients of a group do not follow each other: it is counted in the register of
/// troubled groups ([GroupLog#noteTroubles]).
///
/// @param epoch the group's epoch after the entry that shows it
public record Trouble(TroubleKind kind, long epoch) {}
