package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.RosterChange;
import java.util.List;

/// A commit with what belongs to it: all of it takes effect, or none.
///
/// @param commit one whole MLSMessage
/// @param welcome MLSMessage with the Welcome, or EMPTY
/// @param groupInfo MLSMessage with the GroupInfo of the epoch that begins, or EMPTY
/// @param add who joins beyond those whom the Welcome names, as `user/device`
/// @param remove who leaves, as `user/device`
/// @param knownPosition the last position applied when the commit was made
public record CommitBundle(
        GroupId group,
        Bytes commit,
        Bytes welcome,
        Bytes groupInfo,
        List<String> add,
        List<String> remove,
        long knownPosition) {
    public CommitBundle {
        add = List.copyOf(add);
        remove = List.copyOf(remove);
    }

    Commit toWire() {
        return Commit.newBuilder()
                .setMessage(commit.asByteString())
                .setWelcome(welcome.asByteString())
                .setGroupInfo(groupInfo.asByteString())
                .setRosterChange(RosterChange.newBuilder().addAllAdd(add).addAllRemove(remove))
                .setKnownPosition(knownPosition)
                .build();
    }
}
