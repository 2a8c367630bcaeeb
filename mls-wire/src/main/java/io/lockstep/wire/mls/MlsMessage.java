package io.lockstep.wire.mls;

/// The part of an MLSMessage (RFC 9420 §6) that the server reads: one variant for each wire format.
public sealed interface MlsMessage permits GroupMessage, Welcome, GroupInfo, KeyPackage {}
