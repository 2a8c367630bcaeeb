package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.HeadHash;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;

/// The running hash over a group's history, as the protocol defines it; a client computes it along the way
/// and so notices a server that lost, changed or forked what it had shown.
/// By the formula of [HeadHash].
public final class HeadChain {
    private HeadChain() {}

    /// The head of a group that has no entry yet.
    public static Bytes first(GroupId group, Bytes incarnation) {
        return HeadHash.first(group, incarnation);
    }

    /// The head after one more entry.
    ///
    /// @param messageSha256 the hash of the entry's message bytes
    public static Bytes next(
            Bytes previous, GroupId group, long position, ContentType kind, Bytes messageSha256) {
        return HeadHash.next(previous, group, position, kind.wire(), messageSha256);
    }
}
