package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.RosterChange;
import java.util.List;
import reactor.core.publisher.Mono;

/// A commit with what belongs to it: all of it takes effect, or none.
///
/// @param commit one whole MLSMessage
/// @param welcome MLSMessage with the Welcome, or EMPTY
/// @param groupInfo MLSMessage with the GroupInfo of the epoch that begins, or EMPTY
/// @param ratchetTree of that epoch, given apart from both, or EMPTY
/// @param add who joins beyond those whom the Welcome names, as `user/device`
/// @param remove who leaves, as `user/device`
/// @param knownPosition the last position applied when the commit was made
public record CommitBundle(
        GroupId group,
        Bytes commit,
        Bytes welcome,
        Bytes groupInfo,
        Bytes ratchetTree,
        List<String> add,
        List<String> remove,
        long knownPosition) {
    public CommitBundle {
        add = List.copyOf(add);
        remove = List.copyOf(remove);
    }

    /// A bundle whose tree, if there is one, is in the GroupInfo.
    public CommitBundle(
            GroupId group,
            Bytes commit,
            Bytes welcome,
            Bytes groupInfo,
            List<String> add,
            List<String> remove,
            long knownPosition) {
        this(group, commit, welcome, groupInfo, Bytes.EMPTY, add, remove, knownPosition);
    }

    /// Uploads what is too long for a frame and refers to it.
    Mono<Commit> toWire(GroupBlobs blobs, ClientLimits limits) {
        var wire =
                Commit.newBuilder()
                        .setRosterChange(
                                RosterChange.newBuilder().addAllAdd(add).addAllRemove(remove))
                        .setKnownPosition(knownPosition)
                        .setGroupId(group.bytes().asByteString());
        var parts = new Parts(group, blobs, limits);
        parts.put(commit, wire::setMessage, wire::setMessageReference);
        parts.put(welcome, wire::setWelcome, wire::setWelcomeReference);
        parts.put(groupInfo, wire::setGroupInfo, wire::setGroupInfoReference);
        parts.put(ratchetTree, wire::setRatchetTree, wire::setRatchetTreeReference);
        return parts.uploaded().then(Mono.fromSupplier(wire::build));
    }
}
