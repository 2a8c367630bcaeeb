package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A place in one group's log that proves its history: what a compare-and-append compares, what a
/// client's cursor is, what trips on a store that went backwards.
///
/// @param incarnation which life of the group, 16 bytes, drawn at random when it was created
/// @param position 0 before the first entry
/// @param head [GroupHead] at that position, 32 bytes
public record LogPosition(Bytes incarnation, long position, Bytes head) {}
