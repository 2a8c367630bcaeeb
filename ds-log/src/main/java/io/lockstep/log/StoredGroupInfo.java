package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// The GroupInfo of a group's current epoch.
///
/// @param message MLSMessage with the GroupInfo
public record StoredGroupInfo(long epoch, Bytes message) {}
