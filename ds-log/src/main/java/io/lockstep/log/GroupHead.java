package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.frame.HeadHash;
import io.lockstep.wire.mls.GroupId;

/// The running hash over a group's history, 32 bytes. Two parties with the same head at the same
/// position have seen the same bytes in the same order (invariants I2 and I3). [HeadHash] defines
/// the formula.
public final class GroupHead {
    public static final int BYTES = 32;
    public static final int INCARNATION_BYTES = 16;

    private GroupHead() {}

    /// The head of a group without entries.
    public static Bytes first(GroupId group, Bytes incarnation) {
        return HeadHash.first(group, incarnation);
    }

    /// The head after one more entry.
    ///
    /// @param messageSha256 the hash of the entry's message bytes
    public static Bytes next(
            Bytes previous, GroupId group, long position, EntryKind kind, Bytes messageSha256) {
        return HeadHash.next(previous, group, position, kind.number(), messageSha256);
    }
}
