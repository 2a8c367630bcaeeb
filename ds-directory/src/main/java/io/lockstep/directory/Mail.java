package io.lockstep.directory;

import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// One piece of mail in a client's inbox: its part of a Welcome and where its view of the group begins.
///
/// @param id 16 bytes, derived from group, incarnation, position and ref, so that filing it twice files it once
/// @param place the commit's place: attach after it
/// @param epoch the epoch joined
/// @param keyPackageRef the KeyPackage it answers
/// @param welcome MLSMessage with a Welcome cut to this joiner
public record Mail(
        Bytes id,
        GroupId group,
        LogPosition place,
        long epoch,
        Bytes keyPackageRef,
        Bytes welcome) {}
