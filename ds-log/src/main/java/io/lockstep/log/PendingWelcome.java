package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// A Welcome whose commit is in the log and which is not yet known to be in its joiners' inboxes.
///
/// @param place where the joiners' view of the group begins: the commit's own place
/// @param epoch the epoch that the commit began
/// @param welcome MLSMessage with the whole Welcome
public record PendingWelcome(LogPosition place, long epoch, Bytes welcome) {}
