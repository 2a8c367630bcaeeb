package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.RosterChange;
import java.util.List;
import reactor.core.publisher.Mono;

/// A commit together with its Welcome, GroupInfo and roster change. The server applies all of it or
/// nothing.
///
/// ```java
/// client.commit(new CommitBundle(
///         group, commit, welcome, groupInfo, List.of(), List.of("bob/phone"), position));
/// ```
///
/// @param commit one whole MLSMessage
/// @param welcome MLSMessage with the Welcome; EMPTY if no client joins
/// @param groupInfo MLSMessage with the GroupInfo of the epoch that begins, or EMPTY
/// @param ratchetTree of that epoch; EMPTY if the GroupInfo contains it
/// @param add clients that join, as `user/device`, in addition to those that the Welcome names
/// @param remove clients that leave, as `user/device`
/// @param knownPosition the last position that the committer had applied when it made the commit
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

    /// Creates a bundle whose tree, if any, is inside the GroupInfo.
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

    /// Uploads the parts that are too long for a frame and refers to them.
    Mono<Commit> toWire(BlobClient blobs, ClientLimits limits) {
        var wire =
                Commit.newBuilder()
                        .setRosterChange(
                                RosterChange.newBuilder().addAllAdd(add).addAllRemove(remove))
                        .setKnownPosition(knownPosition)
                        .setGroupId(group.bytes().asByteString());
        var parts = new PartUploader(group, blobs, limits);
        parts.put(commit, wire::setMessage, wire::setMessageReference);
        parts.put(welcome, wire::setWelcome, wire::setWelcomeReference);
        parts.put(groupInfo, wire::setGroupInfo, wire::setGroupInfoReference);
        parts.put(ratchetTree, wire::setRatchetTree, wire::setRatchetTreeReference);
        return parts.uploaded().then(Mono.fromSupplier(wire::build));
    }
}
