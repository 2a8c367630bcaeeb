package io.lockstep.directory;

import io.lockstep.log.BlobReference;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;

/// One piece of mail in a client's inbox: its part of a Welcome and where its view of the group begins.
///
/// @param id 16 bytes, derived from group, incarnation, position and ref, so that filing it twice files it once
/// @param place the commit's place: attach after it
/// @param epoch the epoch joined
/// @param keyPackageRef the KeyPackage it answers
/// @param welcome the joiner's part
/// @param ratchetTree where the tree of that epoch is, if the committer put it beside the Welcome: a blob of
///     the group
public record InboxItem(
        Bytes id,
        GroupId group,
        LogPosition place,
        long epoch,
        Bytes keyPackageRef,
        InboxWelcome welcome,
        Optional<BlobReference> ratchetTree) {
    public static final int ID_BYTES = 16;

    /// How many bytes of its own it has.
    public int bytes() {
        return switch (welcome) {
            case InboxWelcome.WholeWelcome(var message) -> message.size();
            case InboxWelcome.SplitWelcome(_, var secrets, _) -> secrets.size();
        };
    }

    /// With the whole Welcome and no tree beside it.
    public InboxItem(
            Bytes id,
            GroupId group,
            LogPosition place,
            long epoch,
            Bytes keyPackageRef,
            Bytes welcome) {
        this(
                id,
                group,
                place,
                epoch,
                keyPackageRef,
                new InboxWelcome.WholeWelcome(welcome),
                Optional.empty());
    }
}
