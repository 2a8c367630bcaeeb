package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;

/// One extension (RFC 9420 §13), known or unknown: its data is opaque here.
///
/// @param type u16
public record Extension(int type, Bytes data) {}
