package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.frame.HeadHash;
import io.lockstep.wire.mls.GroupId;

/// The running hash over a group's history, as the protocol defines it ([HeadHash] has the
/// formula). A client computes it for every entry, and so detects a server that lost, changed or
/// forked the history.
///
/// ```java
/// Bytes head = HeadChain.first(group, incarnation);
/// head = HeadChain.next(head, group, 1, EntryKind.COMMIT, message.sha256());
/// ```
public final class HeadChain {
    private HeadChain() {}

    /// Returns the head of a group without entries.
    public static Bytes first(GroupId group, Bytes incarnation) {
        return HeadHash.first(group, incarnation);
    }

    /// Returns the head after one more entry.
    ///
    /// @param messageSha256 the hash of the entry's message bytes
    public static Bytes next(
            Bytes previous, GroupId group, long position, EntryKind kind, Bytes messageSha256) {
        return HeadHash.next(previous, group, position, kind.number(), messageSha256);
    }
}
