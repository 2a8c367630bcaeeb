package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// One entry of a group's log: one MLSMessage and its place.
///
/// @param position dense from 1
/// @param kind what the message is
/// @param epoch the epoch in the message's header: a commit carries the epoch that it ends
/// @param acceptedAtMillis when ordering took it, milliseconds since 1970
/// @param message the MLSMessage, byte for byte as submitted
/// @param sha256 SHA-256 of `message`: the resend key (invariant I4)
/// @param head [GroupHead] at this position
/// @param rosterChange takes effect with this entry; NONE for all but commits
public record LogEntry(
        long position,
        EntryKind kind,
        long epoch,
        long acceptedAtMillis,
        Bytes message,
        Bytes sha256,
        Bytes head,
        RosterChange rosterChange) {}
