package io.lockstep.wire.mls;

/// What the server reads of an MLSMessage (RFC 9420 §6): one variant for each wire format.
public sealed interface MlsMessage permits GroupMessage, Welcome, GroupInfo, KeyPackage {}
