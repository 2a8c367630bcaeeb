package io.lockstep.directory;

import io.lockstep.log.BlobReference;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;

/// One item of a client's inbox: the client's part of a Welcome, and the log position where its
/// view of the group begins.
///
/// @param id 16 bytes, derived from group, incarnation, position and ref, so filing an item twice
///     stores it once
/// @param logPosition the log position of the commit: the joiner attaches after it
/// @param epoch the epoch that the client joins
/// @param keyPackageRef the KeyPackage that the Welcome used
/// @param welcome the joiner's part
/// @param ratchetTree reference to the tree of that epoch, a blob of the group, if the committer
///     sent it separately from the Welcome
public record InboxItem(
        Bytes id,
        GroupId group,
        LogPosition logPosition,
        long epoch,
        Bytes keyPackageRef,
        InboxWelcome welcome,
        Optional<BlobReference> ratchetTree) {
    public static final int ID_BYTES = 16;

    /// Bytes of the item itself, without blobs.
    public int bytes() {
        return switch (welcome) {
            case InboxWelcome.WholeWelcome(var message) -> message.size();
            case InboxWelcome.SplitWelcome(_, var secrets, _) -> secrets.size();
        };
    }

    /// An item with a whole Welcome and no separate tree.
    public InboxItem(
            Bytes id,
            GroupId group,
            LogPosition logPosition,
            long epoch,
            Bytes keyPackageRef,
            Bytes welcome) {
        this(
                id,
                group,
                logPosition,
                epoch,
                keyPackageRef,
                new InboxWelcome.WholeWelcome(welcome),
                Optional.empty());
    }
}
