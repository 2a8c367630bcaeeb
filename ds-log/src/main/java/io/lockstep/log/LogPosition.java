package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A position in one group's log that proves its history. A compare-and-append compares it, a
/// client's cursor consists of it, and it detects a store that went backwards.
///
/// @param incarnation the generation of the group's log, 16 random bytes from its creation
/// @param position 0 before the first entry
/// @param head [GroupHead] at that position, 32 bytes
public record LogPosition(Bytes incarnation, long position, Bytes head) {}
